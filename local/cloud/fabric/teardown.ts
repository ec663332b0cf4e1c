/** Removes everything that any fabric has made on this host. Finds it by looking, because records may be missing or wrong. */

import { existsSync, readdirSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import { isPopulated, killCgroup, removeCgroups } from "./cgroups";
import { deleteLink } from "./links";
import { HOST_LINK, HOST_TABLE, machinesDirectory, NETNS_DIR, PREFIX } from "./names";
import { ipBatch, mountPoints, namespaces, nftLoad, removeStaleNames } from "./namespaces";
import { sendSignal, waitFor } from "../../../lib/processes";
import { run } from "../run";

const KILL_MILLISECONDS = 10_000;
const NSPAWN_PROPAGATE = "/run/systemd/nspawn/propagate";

/**
 * Kills all machines, and removes their disks, control groups, namespaces, links and mounts. The caller must end the daemon
 * first. Must run in the host's namespace, as root. May be repeated.
 */
export async function teardown(stateDir: string, options: { keepDisks?: boolean } = {}): Promise<void> {
  await endMachines();
  await removeNamespaces();
  await deleteLink(undefined, HOST_LINK);
  await removeHostTable();
  await unmountBelow(machinesDirectory(stateDir));
  if (!options.keepDisks) await rm(machinesDirectory(stateDir), { recursive: true, force: true });
  await removeNspawnLeftovers();
}

async function endMachines(): Promise<void> {
  await killCgroup();
  const isEmpty = await waitFor(async () => !(await isPopulated()), KILL_MILLISECONDS);
  if (!isEmpty) throw new Error("Processes of the local cloud's machines still run after SIGKILL.");
  await removeCgroups();
}

async function removeNamespaces(): Promise<void> {
  for (const name of namespaces()) await endProcessesIn(name);
  await ipBatch(
    undefined,
    namespaces().map((name) => `netns del ${name}`),
  );
  removeStaleNames();
  // For the first namespace, `ip netns` mounts its directory on itself. It leaves that mount after the last one.
  const isEmpty = existsSync(NETNS_DIR) && readdirSync(NETNS_DIR).length === 0;
  if (isEmpty && mountPoints().has(NETNS_DIR)) await run("umount", [NETNS_DIR]);
}

async function removeHostTable(): Promise<void> {
  // A host without `nft` cannot have the table.
  const tables = await run("nft", ["list", "tables"]).catch(() => "");
  if (tables.split("\n").includes(`table ip ${HOST_TABLE}`))
    await nftLoad(undefined, `delete table ip ${HOST_TABLE}\n`);
}

/** Kills the processes in a namespace, for example a command that a killed daemon had started. */
async function endProcessesIn(name: string): Promise<void> {
  const pids = async () => (await run("ip", ["netns", "pids", name])).split("\n").filter(Boolean).map(Number);
  for (const pid of await pids()) {
    if (pid !== process.pid) sendSignal(pid, "SIGKILL");
  }
}

async function unmountBelow(directory: string): Promise<void> {
  const below = [...mountPoints()].filter((path) => path.startsWith(`${directory}/`));
  for (const path of below.reverse()) await run("umount", ["--lazy", path]);
}

async function removeNspawnLeftovers(): Promise<void> {
  const names = existsSync(NSPAWN_PROPAGATE) ? readdirSync(NSPAWN_PROPAGATE) : [];
  for (const name of names) if (name.startsWith(PREFIX)) await rmdir(join(NSPAWN_PROPAGATE, name));
}
