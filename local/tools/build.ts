import * as fs from "node:fs";
import * as path from "node:path";
import { runGo } from "./go";
import { layOut } from "./layout";
import { writeOverlay } from "./overlay";
import { ToolPaths } from "./paths";
import { clearStamp, writeStamp } from "./stamp";
import { Target } from "./target";

/**
 * Flags of `go build`. They are the same for every target, so that Go compiles a package of one version once for all of
 * them. The linker strips debug information anyway (-s -w); not generating it saves a tenth of the time.
 */
export const COMMON_FLAGS = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false"];

/** Directory below the cache where builds work. */
export const SCRATCH = "tmp";

/**
 * Builds one target, then renames each of its files into place: a reader sees either the old file or the whole new one.
 * Rejects with Go's own error output.
 */
export async function build(target: Target, key: string, paths: ToolPaths, signal: AbortSignal): Promise<void> {
  const scratch = path.join(paths.cache, SCRATCH, target.id);
  fs.rmSync(scratch, { recursive: true, force: true });
  fs.mkdirSync(scratch, { recursive: true });

  const flags = [...COMMON_FLAGS, "-ldflags", linkFlags(target)];
  if (target.overlay) flags.push("-overlay", await writeOverlay(target.module, target.overlay, scratch, signal));
  for (const [file, pkg] of Object.entries(target.binaries)) {
    await runGo(target.module, ["build", ...flags, "-o", path.join(scratch, file), pkg], { signal, scratch });
  }

  const files = await layOut(target, paths.arch, scratch);
  signal.throwIfAborted();
  clearStamp(paths.cache, target.id);
  fs.mkdirSync(path.join(paths.cache, target.destination), { recursive: true });
  const published = files.map((file) => path.join(target.destination, file));
  files.forEach((file, i) => fs.renameSync(path.join(scratch, file), path.join(paths.cache, published[i]!)));
  writeStamp(paths.cache, target.id, key, published);
  fs.rmSync(scratch, { recursive: true, force: true });
}

function linkFlags(target: Target): string {
  return ["-s", "-w", ...Object.entries(target.stamps).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
}
