import { directories } from "../layout";

export type Flags = Record<string, string | number | boolean | readonly string[] | undefined>;

/** `--name=value` of each flag in the given order; lists joined by commas, undefined left out. */
export function renderFlags(flags: Flags): string[] {
  return Object.entries(flags)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `--${name}=${Array.isArray(value) ? value.join(",") : String(value)}`);
}

type Value = string | number | boolean;
export type Section = Record<string, Value | readonly Value[]>;
export interface Unit {
  Unit: Section;
  Service: Section;
  Install: Section;
}

/** systemd's unit syntax; a list becomes one line an entry. */
export function renderUnit(unit: Unit): string {
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

/** A command line, one flag a line, as systemd reads it. Throws when a part would need quoting there. */
export function commandLine(program: string, flags: Flags): string {
  const parts = [program, ...renderFlags(flags)];
  const bad = parts.find((part) => /[\s"'\\%$;]/.test(part));
  if (bad !== undefined) throw new Error(`${bad} cannot stand in a unit's ExecStart as it is`);
  return parts.join(" \\\n  ");
}

/** What a program needs; all else is taken from it. */
export interface Needs {
  /** What it executes and loads as code; everything else on the machine is data to it. */
  code: string[];
  /** Directories in /var/lib and /var/log; of all others there it sees nothing. */
  reads?: string[];
  writes?: string[];
  /** Directories elsewhere that are not its business. */
  hidden?: string[];
  /** It talks to 127.0.0.1 alone, in both directions. */
  loopbackOnly?: boolean;
  /** It tells systemd when it is ready. */
  notifies?: boolean;
  /** A capability it has to start with. */
  capability?: string;
}

/**
 * The section of a network daemon without children or devices. `systemd-analyze security UNIT` lists what each line
 * takes away, docs/hardening.md what is left and why.
 */
export function hardening(needs: Needs): Section {
  const { code, reads = [], writes = [], hidden = [], capability } = needs;
  return {
    NoNewPrivileges: true,
    CapabilityBoundingSet: capability ?? "",
    AmbientCapabilities: capability ?? "",
    // In a user namespace of its own it has no capability over the machine's network.
    PrivateUsers: capability === undefined,
    ProtectSystem: "strict",
    ProtectHome: true,
    ProtectProc: "invisible",
    ProcSubset: "pid",
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
    RestrictAddressFamilies: needs.notifies ? "AF_INET AF_UNIX" : "AF_INET",
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
