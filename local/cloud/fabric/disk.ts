/** A machine's disk: what differs from its image, kept in a directory. */

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { METADATA_ADDRESS } from "../addresses";
import type { FabricMachine } from "./contract";
import { imageRoot } from "../image/build";
import { machineDirectory } from "./names";

export interface Disk {
  /** Holds `upper` and `work`, the layers of the machine's own, and `lower` and `root`, empty, for its mounts. */
  directory: string;
  /** The image's root file system, read only, shared by all. */
  image: string;
}

/**
 * The machine's disk, made from its image the first time. A disk stays on the image that it was made from.
 * Throws when the image is unknown, not built, or gone.
 */
export async function prepareDisk(stateDir: string, imageDir: string, machine: FabricMachine): Promise<Disk> {
  const directory = machineDirectory(stateDir, machine.id);
  const record = join(directory, "image");
  if (!existsSync(record)) await makeDisk(directory, record, await imageRoot(imageDir, machine.image), machine);
  const image = await readFile(record, "utf8");
  if (existsSync(image)) return { directory, image };
  throw new Error(`The image of ${machine.name} is gone: ${image}. Delete the instance and make it again.`);
}

async function makeDisk(directory: string, record: string, lower: string, machine: FabricMachine): Promise<void> {
  // What an interrupted attempt left is not a disk: its record is missing.
  await rm(directory, { recursive: true, force: true });
  for (const name of ["upper/etc", "work", "lower", "root"]) await mkdir(join(directory, name), { recursive: true });
  // The upper directory becomes the machine's "/", which its services must be able to enter; the one above it is closed.
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
    // Whatever this process's umask is, the machine's services read these.
    await chmod(path, 0o644);
  }
  await writeFile(`${record}.new`, lower);
  await rename(`${record}.new`, record);
}

async function copyMode(from: string, to: string): Promise<void> {
  await chmod(to, (await stat(from)).mode & 0o7777);
}

/** Removes a machine's disk and everything kept about it. */
export async function removeDisk(stateDir: string, machineId: number): Promise<void> {
  await rm(machineDirectory(stateDir, machineId), { recursive: true, force: true });
}
