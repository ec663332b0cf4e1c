import { deviceProgram } from "../../../../local/cloud/fabric/devices";

const [MAKE, READ, WRITE] = [1, 2, 4];
const [BLOCK, CHARACTER] = [1, 2];

/** Runs the program as the kernel does, and fails on an instruction that it should not contain. */
function decide(type: number, major: number, minor: number, access: number): number {
  const program = deviceProgram();
  const context = [(access << 16) | type, major, minor];
  const registers: number[] = [];
  for (let at = 0; at < program.length / 8; at++) {
    const bytes = program.subarray(at * 8, at * 8 + 8);
    const [to, from] = [bytes[1]! & 15, bytes[1]! >> 4];
    const [offset, value] = [bytes.readInt16LE(2), bytes.readInt32LE(4)];
    switch (bytes.readUInt8()) {
      case 0x61:
        expect(from).toBe(1);
        registers[to] = context[offset / 4]!;
        break;
      case 0xb7:
        registers[to] = value;
        break;
      case 0xbf:
        registers[to] = registers[from]!;
        break;
      case 0x77:
        registers[to]! >>= value;
        break;
      case 0x57:
        registers[to]! &= value;
        break;
      case 0x15:
        if (registers[to] === value) at += offset;
        break;
      case 0x55:
        if (registers[to] !== value) at += offset;
        break;
      case 0x95:
        return registers[0]!;
      default:
        throw new Error(`unknown instruction ${bytes[0]}`);
    }
  }
  throw new Error("the program does not end");
}

it.each([
  ["null", 1, 3],
  ["zero", 1, 5],
  ["full", 1, 7],
  ["random", 1, 8],
  ["urandom", 1, 9],
  ["tty", 5, 0],
  ["ptmx", 5, 2],
  ["the first terminal", 136, 0],
  ["a later terminal", 136, 77],
  ["tun", 10, 200],
])("lets a machine open %s", (_, major, minor) => {
  for (const access of [READ, WRITE, READ | WRITE]) expect(decide(CHARACTER, major, minor, access)).toBe(1);
});

it.each([
  ["a disk", BLOCK, 254, 0],
  ["a disk with null's numbers", BLOCK, 1, 3],
  ["the host's memory", CHARACTER, 1, 1],
  ["the host's kernel log", CHARACTER, 1, 11],
  ["the host's console", CHARACTER, 5, 1],
  ["the host's virtual machines", CHARACTER, 10, 232],
])("does not let a machine open %s, but make its node", (_, type, major, minor) => {
  for (const access of [READ, WRITE, READ | WRITE, READ | MAKE]) expect(decide(type, major, minor, access)).toBe(0);
  expect(decide(type, major, minor, MAKE)).toBe(1);
});
