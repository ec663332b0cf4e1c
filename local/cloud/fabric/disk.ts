/** A machine's disk: a directory with what differs from the image. */

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { METADATA_ADDRESS } from "../addresses";
import type { FabricMachine } from "./contract";
import { imageRoot } from "../image/build";
import { machineDirectory } from "./names";

export interface Disk {
  /** Contains `upper` and `work`, the machine's own layers, `volumes`, and the empty mount points `lower` and `root`. */
  directory: string;
  /** The image's root file system, which all machines share and none can change. */
  image: string;
}

/**
 * Directories of a machine that are on the host's file system without an overlay. Containers' own overlays have their layers there:
 * an overlay cannot be the upper layer of another one.
 */
const VOLUMES = ["/var/lib/containerd", "/var/lib/kubelet"];

/** The directory on the host, by the machine's path. */
export function volumesOf(directory: string): Record<string, string> {
  return Object.fromEntries(VOLUMES.map((path) => [path, join(directory, "volumes", basename(path))]));
}

/**
 * The machine's disk. The first call makes it from the image; later calls use the image that it was made from.
 * Throws when the image is unknown, not built, or removed.
 */
export async function prepareDisk(stateDir: string, imageDir: string, machine: FabricMachine): Promise<Disk> {
  const directory = machineDirectory(stateDir, machine.id);
  const record = join(directory, "image");
  if (!existsSync(record)) await makeDisk(directory, record, await imageRoot(imageDir, machine.image), machine);
  for (const volume of Object.values(volumesOf(directory))) await mkdir(volume, { recursive: true });
  const image = await readFile(record, "utf8");
  if (existsSync(image)) return { directory, image };
  throw new Error(`The image of ${machine.name} was removed: ${image}. Delete the instance and make it again.`);
}

async function makeDisk(directory: string, record: string, lower: string, machine: FabricMachine): Promise<void> {
  // The rest of an interrupted attempt, which did not write the record.
  await rm(directory, { recursive: true, force: true });
  for (const name of ["upper/etc", "work", "lower", "root"]) await mkdir(join(directory, name), { recursive: true });
  // `upper` becomes the machine's "/", which its services must be able to enter. The directory above it stays closed.
  await copyMode(lower, join(directory, "upper"));
  await copyMode(join(lower, "etc"), join(directory, "upper/etc"));
  const files: Record<string, string> = {
    hostname: `${machine.name}\n`,
    "machine-id": `${randomUUID().replaceAll("-", "")}\n`,
    hosts: [
      "127.0.0.1 localhost",
      "::1 localhost ip6-localhost ip6-loopback",
      `${machine.internalIp} ${machine.name}`,
      `${METADATA_ADDRESS} metadata.google.internal metadata`,
      "",
    ].join("\n"),
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, "upper/etc", name);
    await writeFile(path, text);
    // The machine's services must be able to read the file, whatever the umask of this process is.
    await chmod(path, 0o644);
  }
  await writeFile(`${record}.new`, lower);
  await rename(`${record}.new`, record);
}

async function copyMode(from: string, to: string): Promise<void> {
  await chmod(to, (await stat(from)).mode & 0o7777);
}

/** Removes a machine's disk and all its records. */
export async function removeDisk(stateDir: string, machineId: number): Promise<void> {
  await rm(machineDirectory(stateDir, machineId), { recursive: true, force: true });
}
