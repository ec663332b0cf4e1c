import * as fs from "node:fs";
import * as path from "node:path";
import { findGo } from "./go";
import { ToolPaths } from "./paths";
import { Target } from "./target";

/** Throws, before anything is built, when the machine lacks Go, a writable cache or disk space. */
export async function preflight(targets: Target[], paths: ToolPaths): Promise<void> {
  const go = await findGo();
  try {
    fs.mkdirSync(paths.cache, { recursive: true });
    fs.accessSync(paths.cache, fs.constants.W_OK);
  } catch (error) {
    throw new Error(`the cache ${paths.cache} cannot be written: ${(error as Error).message}; set XDG_CACHE_HOME`, {
      cause: error,
    });
  }
  const megabytes = targets.reduce((sum, target) => sum + target.megabytes, 0);
  assertSpace(megabytes, [paths.cache, go.buildCache, go.moduleCache]);
}

/** What earlier builds left is not counted: the demand is that of a first build. Go keeps most of it. */
function assertSpace(megabytes: number, directories: string[]): void {
  for (const directory of directories) {
    const { bavail, bsize } = fs.statfsSync(existing(directory));
    const free = Math.floor((bavail * bsize) / 2 ** 20);
    if (free < megabytes) {
      throw new Error(
        `${directory} has ${free} MB free and building may need ${megabytes} MB: make room, or put the caches ` +
          `elsewhere with XDG_CACHE_HOME, GOCACHE and GOMODCACHE`,
      );
    }
  }
}

function existing(directory: string): string {
  return fs.existsSync(directory) ? directory : existing(path.dirname(directory));
}
