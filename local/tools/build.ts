import * as fs from "node:fs";
import * as path from "node:path";
import { runGo } from "./go";
import { packImage } from "./images/pack";
import { completeRoot } from "./images/root";
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
    const output = path.join(scratch, file);
    fs.mkdirSync(path.dirname(output), { recursive: true });
    await runGo(target.module, ["build", ...flags, "-o", output, pkg], {
      signal,
      scratch,
      cgo: target.cgo !== undefined,
    });
  }

  if (target.image) await completeRoot(target, scratch, signal);
  const files = target.image ? await packImage(target.image, paths.arch, scratch) : await arrange(target, scratch);
  signal.throwIfAborted();
  publish(target, key, paths, scratch, files);
}

function linkFlags(target: Target): string {
  const stamps = Object.entries(target.stamps).map(([name, value]) => `-X ${name}=${value}`);
  return ["-s", "-w", ...(target.cgo ? ["-linkmode external -extldflags -static"] : []), ...stamps].join(" ");
}
