import * as fs from "node:fs";
import * as path from "node:path";

/** A message when the disk of `directory`, which need not exist yet, has less than `megabytes` free; else undefined. */
export function lackOfSpace(directory: string, megabytes: number, purpose: string): string | undefined {
  const { bavail, bsize } = fs.statfsSync(existing(directory));
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  return free < megabytes ? `${directory} has ${free} MB free, and ${purpose} may need ${megabytes} MB` : undefined;
}

/** `directory`, or the nearest directory above it that exists. */
export function existing(directory: string): string {
  return fs.existsSync(directory) ? directory : existing(path.dirname(directory));
}
