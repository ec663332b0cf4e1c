import * as fs from "node:fs";
import * as path from "node:path";

/** Record of a finished build. It is written last, so an interrupted build has none. */
interface Stamp {
  key: string;
  /** Path below the cache to size in bytes, for every file of the result. */
  files: Record<string, number>;
}

/** Whether target `id` was built with this key and all its files are still there, in full size. */
export function isBuilt(cache: string, id: string, key: string): boolean {
  try {
    const stamp = JSON.parse(fs.readFileSync(stampFile(cache, id), "utf8")) as Stamp;
    return (
      stamp.key === key &&
      Object.entries(stamp.files).every(([file, size]) => fs.statSync(path.join(cache, file)).size === size)
    );
  } catch {
    return false; // missing or damaged: build it again
  }
}

/** Removes the record. Call it before the files are replaced. */
export function clearStamp(cache: string, id: string): void {
  fs.rmSync(stampFile(cache, id), { force: true });
}

/** Records that target `id` was built with this key. `files` are paths below the cache. */
export function writeStamp(cache: string, id: string, key: string, files: string[]): void {
  const stamp: Stamp = {
    key,
    files: Object.fromEntries(files.map((file) => [file, fs.statSync(path.join(cache, file)).size])),
  };
  const file = stampFile(cache, id);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.new`, JSON.stringify(stamp));
  fs.renameSync(`${file}.new`, file);
}

function stampFile(cache: string, id: string): string {
  return path.join(cache, "stamps", `${id}.json`);
}
