/**
 * Control groups of the machines. The host has one hierarchy (v2), or controllers of v1 beside a v2 tree; the mount table
 * says which. Each machine gets the group `hw-machines/ID` in each hierarchy.
 */

import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { FabricMachine } from "./contract";
import { CGROUP } from "./names";

/** Mount points of the hierarchies. `unified` is the v2 tree, in which a machine's init has the groups of its units. */
export interface Hierarchies {
  unified: string;
  /** v1 mounts by controller name (`memory`, `cpu`, `pids`, `devices`, `name=systemd`). */
  legacy: Record<string, string>;
}

const USED = ["memory", "cpu", "pids", "devices", "name=systemd"];
const MIB = 2 ** 20;
const CPU_PERIOD_MICROSECONDS = 100_000;
/** Enough for a control plane and its workloads, and a limit that keeps a fork bomb from harming the host. */
const MAX_PIDS = 16384;

/** Finds the hierarchies in a mount table in the form of `/proc/self/mountinfo`. Throws when no v2 tree is mounted. */
export function findHierarchies(mountinfo: string): Hierarchies {
  const legacy: Record<string, string> = {};
  let unified: string | undefined;
  for (const line of mountinfo.split("\n")) {
    const [left, right] = line.split(" - ");
    const mountPoint = left?.split(" ")[4];
    const [type, , options] = right?.split(" ") ?? [];
    if (!mountPoint || !type) continue;
    if (type === "cgroup2") unified ??= mountPoint;
    if (type === "cgroup") {
      for (const option of options?.split(",") ?? []) if (USED.includes(option)) legacy[option] ??= mountPoint;
    }
  }
  if (unified) return { unified, legacy };
  throw new Error(
    "The machines need a cgroup2 file system, and none is mounted: `mount -t cgroup2 none /sys/fs/cgroup/unified`.",
  );
}

export function hierarchies(): Hierarchies {
  return findHierarchies(readFileSync("/proc/self/mountinfo", "utf8"));
}

const trees = ({ unified, legacy }: Hierarchies) => [...new Set([unified, ...Object.values(legacy)])];

/** Makes a machine's groups, sets their limits, and returns their directories. Logs the limits that the host does not support. */
export async function prepareCgroups(machine: FabricMachine, log: (line: string) => void): Promise<string[]> {
  const found = hierarchies();
  for (const tree of trees(found)) await mkdir(join(tree, CGROUP, String(machine.id)), { recursive: true });
  const limits = found.legacy.memory ? legacyLimits(found, machine) : await unifiedLimits(found, machine);
  for (const [file, values] of limits) {
    for (const value of values) {
      await writeFile(file, value).catch((error: Error) =>
        log(`${machine.name}: the limit ${file} is not set: ${error.message}`),
      );
    }
  }
  return trees(found).map((tree) => join(tree, CGROUP, String(machine.id)));
}

type Limit = [file: string, values: string[]];

function legacyLimits({ legacy }: Hierarchies, { id, memoryMiB, cpus }: FabricMachine): Limit[] {
  const file = (controller: string, name: string, ...values: string[]): Limit[] =>
    legacy[controller] ? [[join(legacy[controller], CGROUP, String(id), name), values]] : [];
  return [
    ...file("memory", "memory.limit_in_bytes", String(memoryMiB * MIB)),
    ...file("cpu", "cpu.cfs_period_us", String(CPU_PERIOD_MICROSECONDS)),
    ...file("cpu", "cpu.cfs_quota_us", String(cpus * CPU_PERIOD_MICROSECONDS)),
    ...file("pids", "pids.max", String(MAX_PIDS)),
    ...file("devices", "devices.deny", "a"),
    ...file("devices", "devices.allow", ...DEVICES),
  ];
}

/** The devices of a container: null, zero, full, random, urandom, tty, ptmx, terminals and tun. No disk of the host. */
const DEVICES = ["1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:2", "136:*", "10:200"].map(
  (numbers) => `c ${numbers} rwm`,
);

async function unifiedLimits({ unified }: Hierarchies, { id, memoryMiB, cpus }: FabricMachine): Promise<Limit[]> {
  const enable = "+memory +cpu +pids";
  for (const tree of [unified, join(unified, CGROUP)]) {
    // Fails where the tree does not have these controllers. Setting the limits then fails too, and is logged.
    await writeFile(join(tree, "cgroup.subtree_control"), enable).catch(() => undefined);
  }
  const file = (name: string, value: string): Limit => [join(unified, CGROUP, String(id), name), [value]];
  return [
    file("memory.max", String(memoryMiB * MIB)),
    file("cpu.max", `${cpus * CPU_PERIOD_MICROSECONDS} ${CPU_PERIOD_MICROSECONDS}`),
    file("pids.max", String(MAX_PIDS)),
  ];
}

/** Kills all processes of a machine, or of all machines. Their groups become empty a moment later. */
export async function killCgroup(machineId?: number): Promise<void> {
  const group = join(hierarchies().unified, CGROUP, machineId === undefined ? "" : String(machineId));
  if (existsSync(group)) await writeFile(join(group, "cgroup.kill"), "1");
}

/** Whether the v2 group of a machine, or of all machines, has a process. */
export async function isPopulated(machineId?: number): Promise<boolean> {
  const group = join(hierarchies().unified, CGROUP, machineId === undefined ? "" : String(machineId));
  const events = await readFile(join(group, "cgroup.events"), "utf8").catch(() => "populated 0");
  return /^populated 1$/m.test(events);
}

/** Removes the groups of a machine, or of all machines. Throws when a group still has a process. */
export async function removeCgroups(machineId?: number): Promise<void> {
  for (const tree of trees(hierarchies())) {
    await removeTree(join(tree, CGROUP, machineId === undefined ? "" : String(machineId)));
  }
}

async function removeTree(group: string): Promise<void> {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(group, entry.name));
  await rmdir(group).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
