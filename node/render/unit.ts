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

/**
 * What a network daemon without children, devices or privileges needs least.
 * `systemd-analyze security UNIT` lists what each line takes away.
 */
export const hardening: Section = {
  NoNewPrivileges: true,
  CapabilityBoundingSet: "",
  AmbientCapabilities: "",
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
  PrivateTmp: true,
  RemoveIPC: true,
  LockPersonality: true,
  MemoryDenyWriteExecute: true,
  RestrictAddressFamilies: "AF_UNIX AF_INET AF_INET6",
  RestrictNamespaces: true,
  RestrictRealtime: true,
  RestrictSUIDSGID: true,
  SystemCallArchitectures: "native",
  SystemCallFilter: ["@system-service", "~@privileged @resources"],
  SystemCallErrorNumber: "EPERM",
  UMask: "0077",
};

export const binary = (name: string) => `${directories.binaries}/${name}`;
export const unitPath = (unit: string) => `${directories.units}/${unit}`;
