/**
 * Control groups of the machines. The host has one hierarchy (v2), or controllers of v1 beside a v2 tree; the mount table
 * says which. Each machine gets the group `hw-machines/ID` in each hierarchy.
 */

import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { FabricMachine } from "./contract";
import { fenceDevices } from "./devices";
import { CGROUP } from "./names";

/** Mount points of the hierarchies. `unified` is the v2 tree, in which a machine's init has the groups of its units. */
export interface Hierarchies {
  unified: string;
  /** v1 mounts by controller name (`memory`, `cpu`, `cpuset`, `name=systemd`). */
  legacy: Record<string, string>;
}

/** Options of a v1 mount that are not the name of its hierarchy. */
const FLAGS = /^(rw|ro|xattr|noprefix|clone_children|cpuset_v2_mode|release_agent=.*)$/;
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
      for (const option of options?.split(",") ?? []) if (!FLAGS.test(option)) legacy[option] ??= mountPoint;
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

/** Whether v1 has the controllers. Containers then use v1, and the init's units use the v2 tree, which is without controllers. */
export const isLegacy = ({ legacy }: Hierarchies) => legacy.memory !== undefined;

const trees = ({ unified, legacy }: Hierarchies) => [...new Set([unified, ...Object.values(legacy)])];

/**
 * Makes a machine's groups, with its fence around devices and its limits, and returns their directories. A machine has a group in
 * each hierarchy, because it sees, and may change, all below its own. Logs the limits that the host does not support.
 */
export async function prepareCgroups(machine: FabricMachine, log: (line: string) => void): Promise<string[]> {
  const found = hierarchies();
  for (const tree of trees(found)) await mkdir(join(tree, CGROUP), { recursive: true });
  if (found.legacy.cpuset) await inheritCpus(found.legacy.cpuset);
  for (const tree of trees(found)) await mkdir(join(tree, CGROUP, String(machine.id)), { recursive: true });
  await fenceDevices(join(found.unified, CGROUP, String(machine.id)));
  const limits = isLegacy(found) ? legacyLimits(found, machine) : await unifiedLimits(found, machine);
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
  ];
}

/** Gives new groups the processors of their parent. In v1 they have none, and a process cannot join a group without processors. */
async function inheritCpus(tree: string): Promise<void> {
  for (const name of ["cpuset.cpus", "cpuset.mems"])
    await writeFile(join(tree, CGROUP, name), await readFile(join(tree, name), "utf8"));
  await writeFile(join(tree, CGROUP, "cgroup.clone_children"), "1");
}

/** Controllers of v2 that containers use. */
const CONTROLLERS = ["memory", "cpu", "pids", "cpuset", "io", "hugetlb"];

async function unifiedLimits({ unified }: Hierarchies, { id, memoryMiB, cpus }: FabricMachine): Promise<Limit[]> {
  for (const tree of [unified, join(unified, CGROUP), join(unified, CGROUP, String(id))]) {
    for (const controller of CONTROLLERS) {
      // Fails where the tree does not have the controller. Setting its limit then fails too, and is logged.
      await writeFile(join(tree, "cgroup.subtree_control"), `+${controller}`).catch(() => undefined);
    }
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
