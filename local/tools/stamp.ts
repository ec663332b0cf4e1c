import * as fs from "node:fs";
import * as path from "node:path";

/** Record of a finished build: written last, so that a build cut short has none. */
interface Stamp {
  key: string;
  /** Size in bytes of every file of the result; paths below the cache. */
  files: Record<string, number>;
}

/** True when `name` was built with this key and its files still lie there, whole. */
export function isBuilt(cache: string, name: string, key: string): boolean {
  try {
    const stamp = JSON.parse(fs.readFileSync(stampFile(cache, name), "utf8")) as Stamp;
    return (
      stamp.key === key &&
      Object.entries(stamp.files).every(([file, size]) => fs.statSync(path.join(cache, file)).size === size)
    );
  } catch {
    return false; // missing or damaged: build it again
  }
}

/** Takes the record away before files are replaced. */
export function clearStamp(cache: string, name: string): void {
  fs.rmSync(stampFile(cache, name), { force: true });
}

export function writeStamp(cache: string, name: string, key: string, files: string[]): void {
  const stamp: Stamp = {
    key,
    files: Object.fromEntries(files.map((file) => [file, fs.statSync(path.join(cache, file)).size])),
  };
  const file = stampFile(cache, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.new`, JSON.stringify(stamp));
  fs.renameSync(`${file}.new`, file);
}

function stampFile(cache: string, name: string): string {
  return path.join(cache, "stamps", `${name}.json`);
}
