/** A machine's process: systemd-nspawn, which runs the machine's init on its disk and in its network namespace. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { FabricMachine } from "./contract";
import type { Disk } from "./disk";
import { machineDirectory, machineName, NETNS_DIR } from "./names";
import { childrenOf, commandName, identify, isAlive, waitFor, type ProcessIdentity } from "../../../lib/processes";

/**
 * Mounts the disk's layers and runs nspawn. When the machine restarts itself, nspawn ends with status 133 and is run again.
 * The mounts end with the script's mount namespace. They have relative names, because the machine sees the names in its mount
 * table. For each boot, nspawn gets new control groups below the machine's, because in v2 only a group without groups
 * below it may contain processes.
 */
const LAUNCHER = `set -e
directory=$1 image=$2 groups=$3
shift 3
cd "$directory"
mount --bind "$image" lower
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work disk root
cd /
join() { for group in $groups; do mkdir -p "$group/$1"; echo 0 > "$group/$1/cgroup.procs"; done; }
join launcher
status=133
while [ "$status" -eq 133 ]; do
  for group in $groups; do find "$group/boot" -depth -type d -exec rmdir {} \\; 2>/dev/null || true; done
  status=0
  (join boot; exec systemd-nspawn "$@") || status=$?
done
exit "$status"`;

/** The directory in which nspawn makes a directory for each container. */
const NSPAWN_STATE = "/run/systemd/nspawn";

const INIT_TIMEOUT_MILLISECONDS = 30_000;

/** The machine's console output. An init that cannot start says why there. */
export const consoleLog = (stateDir: string, machineId: number) =>
  join(machineDirectory(stateDir, machineId), "console.log");
const processFile = (stateDir: string, machineId: number) =>
  join(machineDirectory(stateDir, machineId), "process.json");

export function nspawnArguments(machine: FabricMachine, root: string): string[] {
  return [
    "--quiet",
    "--boot",
    "--settings=no",
    `--directory=${root}`,
    `--machine=${machineName(machine.id)}`,
    `--hostname=${machine.name}`,
    `--network-namespace-path=${join(NETNS_DIR, machineName(machine.id))}`,
    // Use the control group that the launcher joined, so that the host need not run systemd.
    "--register=no",
    "--keep-unit",
    "--notify-ready=no",
    "--console=pipe",
    "--link-journal=no",
    "--resolv-conf=off",
    "--timezone=off",
    // A machine that can make device nodes could open the host's disks.
    "--drop-capability=CAP_MKNOD",
    "--rlimit=NOFILE=1024:524288",
  ];
}

const NSPAWN_ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  // The machine's init gets only cgroup v2, even if the host has v1 too.
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
  // The machine can change the kernel settings of its own network, and no others.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network",
};

/**
 * Starts the machine's process, detached from this one. Resolves once its init runs. Rejects with the end of the console
 * output when the process ends before that.
 */
export async function launch(
  stateDir: string,
  machine: FabricMachine,
  disk: Disk,
  groups: string[],
): Promise<ProcessIdentity> {
  const log = openSync(consoleLog(stateDir, machine.id), "w", 0o600);
  const launcher = ["/bin/sh", "-c", LAUNCHER, "hw-machine", disk.directory, disk.image, groups.join(" ")];
  const args = [
    "--mount",
    "--propagation=slave",
    ...launcher,
    ...nspawnArguments(machine, join(disk.directory, "root")),
  ];
  const child = spawn("unshare", args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: NSPAWN_ENVIRONMENT,
    cwd: "/",
  });
  closeSync(log);
  const failed = once(child, "error").then(([error]) => Promise.reject(error as Error));
  failed.catch(() => undefined);
  child.unref();
  const process = child.pid === undefined ? undefined : identify(child.pid);
  if (!process) return failed;
  await record(stateDir, machine.id, process);
  await awaitInit(stateDir, machine, process);
  return process;
}

/** Removes the record of a machine's process, and what nspawn left on the host. */
export async function forget(stateDir: string, machineId: number): Promise<void> {
  await rm(processFile(stateDir, machineId), { force: true });
  await rm(join(NSPAWN_STATE, "propagate", machineName(machineId)), { recursive: true, force: true });
}

async function record(stateDir: string, machineId: number, process: ProcessIdentity): Promise<void> {
  const path = processFile(stateDir, machineId);
  await writeFile(`${path}.new`, JSON.stringify(process), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** The process of a machine that runs; undefined when the machine does not run. An earlier daemon may have started it. */
export async function findProcess(stateDir: string, machineId: number): Promise<ProcessIdentity | undefined> {
  const text = await readFile(processFile(stateDir, machineId), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const recorded = JSON.parse(text) as ProcessIdentity;
    return isAlive(recorded) ? recorded : undefined;
  } catch {
    return undefined;
  }
}

/** The host's number for the machine's init; undefined before it runs, and while the machine restarts itself. */
export function initOf(process: ProcessIdentity): number | undefined {
  if (!isAlive(process)) return undefined;
  return childrenOf(process.pid)
    .flatMap(childrenOf)
    .find((pid) => commandName(pid) === "systemd");
}

/** Resolves once the init of a launched process runs. Rejects with the end of the console output when the process ends first. */
export async function awaitInit(stateDir: string, machine: FabricMachine, process: ProcessIdentity): Promise<void> {
  await waitFor(() => initOf(process) !== undefined || !isAlive(process), INIT_TIMEOUT_MILLISECONDS);
  if (initOf(process) !== undefined) return;
  const output = await readFile(consoleLog(stateDir, machine.id), "utf8").catch(() => "");
  throw new Error(`The machine ${machine.name} did not boot: ${output.trim().slice(-2000) || "its console is empty"}`);
}
