/** A machine's process: systemd-nspawn, which runs the machine's init on its disk and in its network namespace. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { FabricMachine } from "./contract";
import { hierarchies, isLegacy } from "./cgroups";
import { volumesOf, type Disk } from "./disk";
import { LAUNCHER } from "./launcher";
import { machineDirectory, machineName, NETNS_DIR } from "./names";
import { childrenOf, commandName, identify, isAlive, waitFor, type ProcessIdentity } from "../../../lib/processes";

/** The directory in which nspawn makes a directory for each container. */
const NSPAWN_STATE = "/run/systemd/nspawn";

const INIT_TIMEOUT_MILLISECONDS = 30_000;

/** The machine's console output. An init that cannot start says why there. */
export const consoleLog = (stateDir: string, machineId: number) =>
  join(machineDirectory(stateDir, machineId), "console.log");
const processFile = (stateDir: string, machineId: number) =>
  join(machineDirectory(stateDir, machineId), "process.json");

const networkNamespace = (machineId: number) => join(NETNS_DIR, machineName(machineId));

export function nspawnArguments(machine: FabricMachine, disk: string): string[] {
  return [
    "--quiet",
    "--boot",
    "--settings=no",
    `--directory=${join(disk, "root")}`,
    `--machine=${machineName(machine.id)}`,
    `--hostname=${machine.name}`,
    `--network-namespace-path=${networkNamespace(machine.id)}`,
    // Use the control group that the launcher joined, so that the host need not run systemd.
    "--register=no",
    "--keep-unit",
    "--notify-ready=no",
    "--console=pipe",
    "--link-journal=no",
    "--resolv-conf=off",
    "--timezone=off",
    // Containers need this: links and nftables, session keyrings, device programs, and mounts by file descriptors.
    "--capability=CAP_NET_ADMIN",
    "--system-call-filter=@keyring bpf @mount",
    ...Object.entries(volumesOf(disk)).map(([path, volume]) => `--bind=${volume.replaceAll(":", "\\:")}:${path}`),
    "--rlimit=NOFILE=1024:524288",
  ];
}

const nspawnEnvironment = () => ({
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  // Without this setting, a machine sees v1 controllers beside a v2 tree, as the host does. The v2 tree has no controllers then, and
  // containers could not have limits in it.
  ...(!isLegacy(hierarchies()) && { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" }),
  // The machine can change the kernel settings of its own network, and no others.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network",
});

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
  const network = networkNamespace(machine.id);
  const launcher = ["/bin/sh", "-c", LAUNCHER, "hw-machine", disk.directory, disk.image, groups.join(" "), network];
  const args = ["--mount", "--propagation=slave", ...launcher, ...nspawnArguments(machine, disk.directory)];
  const child = spawn("unshare", args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: nspawnEnvironment(),
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
