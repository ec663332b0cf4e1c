import * as fs from "node:fs";
import * as path from "node:path";
import { ToolPaths } from "./paths";
import { clearStamp, writeStamp } from "./stamp";
import { Target } from "./target";

/** Directory below the cache where builds and downloads work. */
export const SCRATCH = "tmp";

/** A new, empty directory for one target's build or download. */
export function scratchFor({ id }: Target, paths: ToolPaths): string {
  const scratch = path.join(paths.cache, SCRATCH, id);
  fs.rmSync(scratch, { recursive: true, force: true });
  fs.mkdirSync(scratch, { recursive: true });
  return scratch;
}

/** Renames `files` of `scratch` into place: a reader sees either the old file or the whole new one. Removes `scratch`. */
export function publish(target: Target, key: string, paths: ToolPaths, scratch: string, files: string[]): void {
  clearStamp(paths.cache, target.id);
  const published = files.map((file) => path.join(target.destination, file));
  files.forEach((file, i) => {
    fs.mkdirSync(path.dirname(path.join(paths.cache, published[i]!)), { recursive: true });
    fs.renameSync(path.join(scratch, file), path.join(paths.cache, published[i]!));
  });
  writeStamp(paths.cache, target.id, key, published);
  fs.rmSync(scratch, { recursive: true, force: true });
}
