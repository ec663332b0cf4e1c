import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { TOOLS } from "./pinned";
import { Target } from "./target";

/** Increase this when the way of building changes and neither the sources nor the flags show it. */
const RECIPE = 1;

/** Hash (hex) of everything that determines the result of a target's build: recipe, architecture, flags, sources. */
export function targetKey(target: Target, arch: string, root: string = TOOLS): string {
  const { name, version, binaries, stamps, layout, image, overlay, cgo } = target;
  const hash = createHash("sha256");
  hash.update(
    JSON.stringify({ recipe: RECIPE, arch, name, version, binaries, stamps, layout, image, overlay, tags: cgo?.tags }),
  );
  for (const file of target.sources.flatMap((source) => sourceFiles(root, source)).sort()) {
    const content = fs.readFileSync(path.join(root, file));
    hash.update(`\0${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** The files below `source` that a build reads. Leaves out tests and files of unrelated kinds, such as notes. */
function sourceFiles(root: string, source: string): string[] {
  if (fs.statSync(path.join(root, source)).isFile()) return [source];
  return fs.readdirSync(path.join(root, source), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(source, entry.name);
    if (entry.isDirectory()) return entry.name === "testdata" ? [] : sourceFiles(root, name);
    return /^go\.(mod|sum)$|\.(go|json|txt|tmpl)$/.test(entry.name) && !entry.name.endsWith("_test.go") ? [name] : [];
  });
}
