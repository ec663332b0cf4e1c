import { targetKey } from "./key";
import { Mode } from "./mode";
import { officialKey } from "./official/release";
import { ToolPaths } from "./paths";
import { isBuilt } from "./stamp";
import { Target } from "./target";

/** Where a target in the cache came from; undefined when it is not there or is out of date. */
export function originOf(target: Target, { cache, arch }: ToolPaths): "official" | "built" | undefined {
  if (isBuilt(cache, target.id, officialKey(target, arch))) return "official";
  return isBuilt(cache, target.id, targetKey(target, arch)) ? "built" : undefined;
}

/** The targets that must still be downloaded or built. With `auto`, what is there stays, wherever it came from. */
export function stale(targets: Target[], mode: Mode, paths: ToolPaths): Target[] {
  return targets.filter((target) => {
    const origin = originOf(target, paths);
    if (mode === "auto") return origin === undefined;
    return origin !== (mode === "official" ? "official" : "built");
  });
}

/** For people: where the targets came from. */
export function origins(targets: Target[], paths: ToolPaths): string {
  const official = targets.filter((target) => originOf(target, paths) === "official").length;
  if (official === 0) return "built from source";
  return official === targets.length
    ? "official"
    : `${official} official, ${targets.length - official} built from source`;
}
