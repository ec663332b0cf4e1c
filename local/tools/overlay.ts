import * as fs from "node:fs";
import * as path from "node:path";
import { runGo } from "./go";
import { TOOLS } from "./pinned";
import { Target } from "./target";

/**
 * Writes the file for `go build -overlay` that fills a directory of this module with another package's sources, all but
 * one of them, and returns its path below `scratch`. The sources stay where Go checked and keeps them.
 */
export async function writeOverlay(
  module: string,
  { directory, from, omit }: NonNullable<Target["overlay"]>,
  scratch: string,
  signal?: AbortSignal,
): Promise<string> {
  const listed = await runGo(module, ["list", "-mod=readonly", "-f", '{{.Dir}}\n{{join .GoFiles "\\n"}}', from], {
    signal,
  });
  const [source = "", ...files] = listed.trim().split("\n");
  if (!files.includes(omit)) throw new Error(`${from} has no ${omit} any more: look at plugins/gcp/provider/doc.go`);
  const replace = Object.fromEntries(
    files.filter((file) => file !== omit).map((file) => [path.join(TOOLS, directory, file), path.join(source, file)]),
  );
  const overlay = path.join(scratch, "overlay.json");
  fs.writeFileSync(overlay, JSON.stringify({ Replace: replace }));
  return overlay;
}
