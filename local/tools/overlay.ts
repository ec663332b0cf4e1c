import * as fs from "node:fs";
import * as path from "node:path";
import { runGo } from "./go";
import { TOOLS } from "./pinned";
import { Target } from "./target";

/**
 * Writes the file for `go build -overlay` that fills a directory of this module with the sources of another package,
 * except one file. Returns its path, which is below `scratch`. The sources stay in Go's module cache, where Go has
 * checked them.
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
  if (!files.includes(omit)) throw new Error(`${from} no longer has a file ${omit}: see plugins/gcp/provider/doc.go`);
  const replace = Object.fromEntries(
    files.filter((file) => file !== omit).map((file) => [path.join(TOOLS, directory, file), path.join(source, file)]),
  );
  const overlay = path.join(scratch, "overlay.json");
  fs.writeFileSync(overlay, JSON.stringify({ Replace: replace }));
  return overlay;
}
