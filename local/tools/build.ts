import * as path from "node:path";
import { runGo } from "./go";
import { arrange } from "./layout";
import { writeOverlay } from "./overlay";
import { ToolPaths } from "./paths";
import { publish, scratchFor } from "./publish";
import { Target } from "./target";

/**
 * Flags of `go build`. They are the same for every target, so that Go compiles a package of one version once for all of
 * them. The linker strips debug information anyway (-s -w); not generating it saves a tenth of the time.
 */
export const COMMON_FLAGS = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false"];

/** Builds one target and puts it into place. Rejects with Go's own error output. */
export async function build(target: Target, key: string, paths: ToolPaths, signal: AbortSignal): Promise<void> {
  const scratch = scratchFor(target, paths);
  const flags = [...COMMON_FLAGS, "-ldflags", linkFlags(target)];
  if (target.overlay) flags.push("-overlay", await writeOverlay(target.module, target.overlay, scratch, signal));
  if (target.cgo) flags.push("-tags", target.cgo.tags.join(","));
  for (const [file, pkg] of Object.entries(target.binaries)) {
    const args = ["build", ...flags, "-o", path.join(scratch, file), pkg];
    await runGo(target.module, args, { signal, scratch, cgo: target.cgo !== undefined });
  }

  const files = await arrange(target, scratch);
  signal.throwIfAborted();
  publish(target, key, paths, scratch, files);
}

function linkFlags(target: Target): string {
  const stamps = Object.entries(target.stamps).map(([name, value]) => `-X ${name}=${value}`);
  return ["-s", "-w", ...(target.cgo ? ["-linkmode external -extldflags -static"] : []), ...stamps].join(" ");
}
