import * as fs from "node:fs";
import * as path from "node:path";

/** Says that the disk `directory` is on, or will be, has less than `megabytes` free; nothing when it has them. */
export function lackOfSpace(directory: string, megabytes: number, purpose: string): string | undefined {
  const { bavail, bsize } = fs.statfsSync(existing(directory));
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  return free < megabytes ? `${directory} has ${free} MB free, and ${purpose} may need ${megabytes} MB` : undefined;
}

/** `directory`, or the nearest one above it that is there already. */
export function existing(directory: string): string {
  return fs.existsSync(directory) ? directory : existing(path.dirname(directory));
}
