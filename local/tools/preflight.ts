import * as fs from "node:fs";
import { installationProblems } from "../hostPackages";
import { existing, lackOfSpace } from "../space";
import { findGo } from "./go";
import { ToolPaths } from "./paths";
import { Target } from "./target";

/**
 * Everything that this machine lacks for building `targets`, and that the build cannot install: Go, packages for C code, a
 * writable cache, disk space. Changes nothing.
 */
export async function buildProblems(targets: Target[], paths: ToolPaths): Promise<string[]> {
  if (targets.length === 0) return [];
  const go = await findGo().catch((error: Error) => error);
  const caches = go instanceof Error ? [paths.cache] : [paths.cache, go.buildCache, go.moduleCache];
  const megabytes = targets.reduce((sum, target) => sum + target.megabytes, 0);
  return [
    ...(go instanceof Error ? [go.message] : []),
    ...targets.flatMap((target) => installationProblems(target.cgo?.packages ?? [], `building ${target.name}`)),
    ...unwritable(paths.cache),
    ...fullDisks(megabytes, caches),
  ];
}

/** Megabytes of disk that a download may need, unpacked beside its archive. */
const DOWNLOAD_MEGABYTES = 500;

/** Everything that this machine lacks for so many downloads: a writable cache, disk space. Changes nothing. */
export function downloadProblems(count: number, { cache }: ToolPaths): string[] {
  if (count === 0) return [];
  const full = lackOfSpace(cache, count * DOWNLOAD_MEGABYTES, "downloading the tools");
  return [
    ...unwritable(cache),
    ...(full ? [`${full}: make room, or put the cache elsewhere with XDG_CACHE_HOME`] : []),
  ];
}

/**
 * Assumes a first build, because what earlier builds left in Go's caches cannot be told apart. Most of the space stays in
 * use there.
 */
function fullDisks(megabytes: number, directories: string[]): string[] {
  const full = directories.flatMap((directory) => lackOfSpace(directory, megabytes, "building") ?? []);
  const wayOut = "make room, or put the caches elsewhere with XDG_CACHE_HOME, GOCACHE and GOMODCACHE";
  return [...new Set(full)].map((problem) => `${problem}: ${wayOut}`);
}

function unwritable(cache: string): string[] {
  try {
    fs.accessSync(`${existing(cache)}/.`, fs.constants.W_OK); // the /. also rejects a file in place of a directory
    return [];
  } catch (error) {
    return [`the cache ${cache} is not writable: ${(error as Error).message}; set XDG_CACHE_HOME`];
  }
}
