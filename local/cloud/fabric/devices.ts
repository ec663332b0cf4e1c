/**
 * The fence around devices. Root in a machine may make device nodes, because containers need that. A BPF program on the machine's
 * v2 control group decides which ones its processes can open. The v1 controller `devices` is not used: containers change its lists.
 */

import { run } from "../run";

/** `c MAJOR:MINOR` of the devices that may be opened: null, zero, full, random, urandom, tty, ptmx, terminals and tun. */
const DEVICES: readonly { major: number; minor?: number }[] = [
  ...[3, 5, 7, 8, 9].map((minor) => ({ major: 1, minor })),
  { major: 5, minor: 0 },
  { major: 5, minor: 2 },
  { major: 136 },
  { major: 10, minor: 200 },
];

// Numbers of linux/bpf.h.
const LOAD_WORD = 0x61;
const SET = 0xb7;
const COPY = 0xbf;
const SHIFT_RIGHT = 0x77;
const AND = 0x57;
const JUMP_IF_EQUAL = 0x15;
const JUMP_UNLESS_EQUAL = 0x55;
const EXIT = 0x95;
const MAKE_NODE = 1;
const CHARACTER_DEVICE = 2;

interface Instruction {
  code: number;
  to?: number;
  from?: number;
  /** Of a load: the position in the context. */
  offset?: number;
  value?: number;
  jump?: "allow" | "deny" | "next";
}

/**
 * The program, as the kernel reads it. Its context has three words: the access (upper half) and type (lower half) of a device, its
 * major and its minor number. It returns 1 to allow and 0 to deny. Every node may be made: without opening it, it does nothing.
 */
export function deviceProgram(): Buffer {
  const [type, major, minor, access] = [2, 3, 4, 5];
  const instructions: Instruction[] = [
    { code: LOAD_WORD, to: type, from: 1, offset: 0 },
    { code: LOAD_WORD, to: major, from: 1, offset: 4 },
    { code: LOAD_WORD, to: minor, from: 1, offset: 8 },
    { code: SET, to: 0, value: 1 },
    { code: COPY, to: access, from: type },
    { code: SHIFT_RIGHT, to: access, value: 16 },
    { code: JUMP_IF_EQUAL, to: access, value: MAKE_NODE, jump: "allow" },
    { code: AND, to: type, value: 0xffff },
    { code: JUMP_UNLESS_EQUAL, to: type, value: CHARACTER_DEVICE, jump: "deny" },
    ...DEVICES.flatMap((device): Instruction[] => {
      if (device.minor === undefined) return [{ code: JUMP_IF_EQUAL, to: major, value: device.major, jump: "allow" }];
      return [
        { code: JUMP_UNLESS_EQUAL, to: major, value: device.major, jump: "next" },
        { code: JUMP_IF_EQUAL, to: minor, value: device.minor, jump: "allow" },
      ];
    }),
    { code: SET, to: 0, value: 0 },
    { code: EXIT },
  ];
  const targets = { deny: instructions.length - 2, allow: instructions.length - 1 };
  return Buffer.concat(
    instructions.map(({ code, to = 0, from = 0, offset = 0, value = 0, jump }, index) => {
      const bytes = Buffer.alloc(8);
      const distance = jump === "next" ? 1 : jump ? targets[jump] - index - 1 : offset;
      bytes.writeUInt8(code, 0);
      bytes.writeUInt8(to | (from << 4), 1);
      bytes.writeInt16LE(distance, 2);
      bytes.writeInt32LE(value, 4);
      return bytes;
    }),
  );
}

/** The number of the system call `bpf`. */
const SYSTEM_CALL: Partial<Record<NodeJS.Architecture, number>> = { x64: 321, arm64: 280 };

/**
 * Loads a program and attaches it to a group, for which Node.js has no function, and Perl has `syscall`. The kernel removes the
 * program with the group. The last 2 lets groups below have programs too, and then all must allow.
 */
const ATTACH = `use Fcntl;
my ($call, $group, $program) = ($ARGV[0] + 0, $ARGV[1], pack("H*", $ARGV[2]));
my ($license, $log) = ("GPL\\0", "\\0" x 65536);
sub address { unpack("Q", pack("P", $_[0])) }
my $load = pack("LLQQLLQLL", 15, length($program) / 8, address($program), address($license), 1, length($log), address($log), 0, 0);
my $loaded = syscall($call, 5, $load, length($load));
die "bpf(BPF_PROG_LOAD): $!\\n" . unpack("Z*", $log) if $loaded < 0;
sysopen(my $directory, $group, O_RDONLY | O_DIRECTORY) or die "$group: $!\\n";
my $attach = pack("LLLL", fileno($directory), $loaded, 6, 2);
syscall($call, 8, $attach, length($attach)) == 0 or die "bpf(BPF_PROG_ATTACH): $!\\n";`;

/**
 * Lets the processes of a v2 group, and of the groups below it, open only the devices of a container. Throws when the kernel
 * refuses, because a machine without the fence could open the host's disks.
 */
export async function fenceDevices(group: string): Promise<void> {
  const call = SYSTEM_CALL[process.arch];
  if (call === undefined) throw new Error(`The local cloud does not know the processor ${process.arch}.`);
  await run("perl", ["-e", ATTACH, String(call), group, deviceProgram().toString("hex")]);
}
