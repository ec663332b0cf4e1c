import { directories } from "../layout";

export type Flags = Record<string, string | number | boolean | readonly string[] | undefined>;

/** `--name=value` for each flag, in the given order. Lists are joined by commas, undefined values left out. */
export function renderFlags(flags: Flags): string[] {
  return Object.entries(flags)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `--${name}=${Array.isArray(value) ? value.join(",") : String(value)}`);
}

/**
 * For the section Unit of every program: systemd starts it again however often it has failed. By default, systemd gives up after five
 * starts in ten seconds, and then a program stays down although the cause of its failure has passed.
 */
export const RESTARTS_WITHOUT_LIMIT = { StartLimitIntervalSec: 0 };

type Value = string | number | boolean;
export type Section = Record<string, Value | readonly Value[]>;
export interface Unit {
  Unit: Section;
  Service: Section;
  Install: Section;
}
export interface TimerUnit {
  Unit: Section;
  Timer: Section;
  Install: Section;
}

/** The unit in systemd's syntax. A list becomes one line for each element. */
export function renderUnit(unit: Unit | Omit<Unit, "Install"> | TimerUnit): string {
  return Object.entries(unit)
    .map(([name, section]: [string, Section]) => {
      const lines = Object.entries(section).flatMap(([key, value]) =>
        (Array.isArray(value) ? value : [value]).map(
          (v) => `${key}=${typeof v === "boolean" ? (v ? "yes" : "no") : v}`,
        ),
      );
      return [`[${name}]`, ...lines].join("\n");
    })
    .join("\n\n")
    .concat("\n");
}

/** A command line in systemd's syntax, with one flag on each line. Throws when a part would need quotes. */
export function commandLine(program: string, flags: Flags): string {
  const parts = [program, ...renderFlags(flags)];
  const bad = parts.find((part) => /[\s"'\\%$;]/.test(part));
  if (bad !== undefined) throw new Error(`ExecStart must have no parts that need quotes; got ${bad}`);
  return parts.join(" \\\n  ");
}

/** What the sandbox allows. Everything else is denied. */
export interface Needs {
  /** Paths from which the program may execute and load code. */
  code: string[];
  /** Directories in /var/lib and /var/log. The program cannot see the others there. */
  reads?: string[];
  writes?: string[];
  /** Directories elsewhere that the program must not see. */
  hidden?: string[];
  /** The program may send to and receive from 127.0.0.0/8 only. */
  loopbackOnly?: boolean;
  /** The program notifies systemd when it is ready. */
  notifies?: boolean;
  /** The one capability that the program needs. */
  capability?: string;
  /** The program changes the kernel's network: it uses netlink, and reads the kernel's settings in /proc. */
  netlink?: boolean;
}

/**
 * The sandbox of a network daemon that starts no other programs and uses no devices. `systemd-analyze security UNIT` explains
 * each line. docs/hardening.md lists what the sandbox still allows, and why.
 */
export function hardening(needs: Needs): Section {
  const { code, reads = [], writes = [], hidden = [], capability } = needs;
  const families = ["AF_INET", ...(needs.notifies ? ["AF_UNIX"] : []), ...(needs.netlink ? ["AF_NETLINK"] : [])];
  return {
    NoNewPrivileges: true,
    CapabilityBoundingSet: capability ?? "",
    AmbientCapabilities: capability ?? "",
    // A capability in a private user namespace would not apply to the machine's network.
    PrivateUsers: capability === undefined,
    ProtectSystem: "strict",
    ProtectHome: true,
    ProtectProc: "invisible",
    ProcSubset: needs.netlink ? "all" : "pid",
    ProtectClock: true,
    ProtectControlGroups: true,
    ProtectHostname: true,
    ProtectKernelLogs: true,
    ProtectKernelModules: true,
    ProtectKernelTunables: true,
    PrivateDevices: true,
    PrivateIPC: true,
    PrivateMounts: true,
    PrivateTmp: true,
    RemoveIPC: true,
    NoExecPaths: "/",
    ExecPaths: code,
    TemporaryFileSystem: ["/var/lib:ro", "/var/log:ro"],
    BindReadOnlyPaths: reads,
    BindPaths: writes,
    InaccessiblePaths: hidden,
    LockPersonality: true,
    MemoryDenyWriteExecute: true,
    RestrictAddressFamilies: families.join(" "),
    ...(needs.loopbackOnly && { IPAddressDeny: "any", IPAddressAllow: "localhost" }),
    RestrictNamespaces: true,
    RestrictRealtime: true,
    RestrictSUIDSGID: true,
    SystemCallArchitectures: "native",
    SystemCallFilter: ["@system-service", "~@privileged @resources @aio @keyring @memlock"],
    SystemCallErrorNumber: "EPERM",
    UMask: "0077",
  };
}

export const binary = (name: string) => `${directories.binaries}/${name}`;
export const unitPath = (unit: string) => `${directories.units}/${unit}`;
