import { Target } from "./target";
import { assertBuildable } from "./versions";

/**
 * Targets for names from the command line: a target or a group, `kubernetes@v1.36.3` and `etcd@v3.7.3` also with the
 * version wanted. No names means everything. Throws for an unknown name or a version that cannot be built.
 */
export function selectTargets(all: Target[], names: string[]): Target[] {
  if (names.length === 0) return all;
  const wanted = names.map(withoutVersion);
  const unknown = wanted.filter((name) => !all.some((target) => answersTo(target, name)));
  if (unknown.length > 0) {
    const known = [...new Set(all.flatMap((target) => [target.name, ...target.groups]))].sort();
    throw new Error(`nothing here is called ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  }
  return all.filter((target) => wanted.some((name) => answersTo(target, name)));
}

function withoutVersion(argument: string): string {
  const [name = "", version] = argument.split("@");
  if (version === undefined) return name;
  if (name !== "kubernetes" && name !== "etcd") {
    throw new Error(`${argument}: a version may be named for kubernetes and etcd only; others follow package.json`);
  }
  assertBuildable(name, version);
  return name;
}

function answersTo(target: Target, name: string): boolean {
  return target.name === name || target.groups.includes(name);
}
