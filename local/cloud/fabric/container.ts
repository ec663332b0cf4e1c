/** A machine's process: systemd-nspawn with an init of its own, over the machine's disk, in its namespace. */

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
 * Joins the disk's layers and runs nspawn, again when the machine restarts itself, which nspawn tells by its status. Mounts end
 * with its mount namespace. The layers are named relative to the machine's directory, since the machine sees these names in its
 * mount table. nspawn gets control groups of its own below the machine's, new ones for each boot: those of v2 that have
 * groups below them may hold no process.
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

/** Where nspawn keeps a directory for each container. */
const NSPAWN_STATE = "/run/systemd/nspawn";

const INIT_TIMEOUT_MILLISECONDS = 30_000;

/** The machine's output to its console, which is where an init that fails says why. */
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
    // No systemd need run on the host: the control group is the one that the launcher joined.
    "--register=no",
    "--keep-unit",
    "--notify-ready=no",
    "--console=pipe",
    "--link-journal=no",
    "--resolv-conf=off",
    "--timezone=off",
    // A node of its own making would be a way to the host's disks.
    "--drop-capability=CAP_MKNOD",
    "--rlimit=NOFILE=1024:524288",
  ];
}

const NSPAWN_ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  // The machine's init gets cgroup v2 alone, also where the host has both.
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
  // Kernel settings of its own network can be set from inside, and no others.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network",
};

/**
 * Starts the machine's process, detached from this one, and resolves once its init runs.
 * Throws with the console's last lines when it ends before that.
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

/** Removes the record of a machine's process, and what nspawn leaves on the host for it. */
export async function forget(stateDir: string, machineId: number): Promise<void> {
  await rm(processFile(stateDir, machineId), { force: true });
  await rm(join(NSPAWN_STATE, "propagate", machineName(machineId)), { recursive: true, force: true });
}

async function record(stateDir: string, machineId: number, process: ProcessIdentity): Promise<void> {
  const path = processFile(stateDir, machineId);
  await writeFile(`${path}.new`, JSON.stringify(process), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** The machine's process, which lives as long as the machine runs, if it does, whoever started it. */
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

/** The process number, on the host, of the machine's init; undefined before it runs, and while the machine restarts itself. */
export function initOf(process: ProcessIdentity): number | undefined {
  if (!isAlive(process)) return undefined;
  return childrenOf(process.pid)
    .flatMap(childrenOf)
    .find((pid) => commandName(pid) === "systemd");
}

/** Waits until the init of a process that was launched runs; throws with the console's last lines when it ends before that. */
export async function awaitInit(stateDir: string, machine: FabricMachine, process: ProcessIdentity): Promise<void> {
  await waitFor(() => initOf(process) !== undefined || !isAlive(process), INIT_TIMEOUT_MILLISECONDS);
  if (initOf(process) !== undefined) return;
  const said = await readFile(consoleLog(stateDir, machine.id), "utf8").catch(() => "");
  throw new Error(`The machine ${machine.name} did not boot: ${said.trim().slice(-2000) || "its console is empty"}`);
}
