import { Target } from "./target";
import { assertBuildable, DEFAULTS } from "./versions";

/**
 * The targets that the command line names: a target ("kubectl") or a group ("kubernetes"). Releases may be named with a
 * version ("etcd@3.6.16"); without one, the default is meant. The version of a group is that of Kubernetes: "workers@1.37.2".
 * No names means everything that a control plane needs, in the default versions. Throws an error that lists every unknown
 * name and every version that cannot be built.
 */
export function selectTargets(all: Target[], names: string[]): Target[] {
  if (names.length === 0) return all.filter((target) => !target.onlyNamed && isVersion(target, undefined));
  const wanted = names.map((argument) => {
    const [name = "", version] = argument.split("@");
    return { argument, name, version: version?.replace(/^v/, "") };
  });
  const problems = wanted.flatMap((one) => {
    try {
      assertKnown(all, one);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
  if (problems.length > 0) throw new Error([...new Set(problems)].join("\n"));
  return all.filter((target) =>
    wanted.some((one) => answersTo(target, one.name) && isVersion(target, versionFor(target, one))),
  );
}

/** One argument: "etcd@v3.6.16" is the argument, "etcd" the name and "3.6.16" the version. */
interface Wanted {
  argument: string;
  name: string;
  version: string | undefined;
}

function assertKnown(all: Target[], { argument, name, version }: Wanted): void {
  const target = all.find((candidate) => answersTo(candidate, name));
  if (target === undefined) {
    const known = [...new Set(all.flatMap((candidate) => [candidate.name, ...candidate.groups]))].sort();
    throw new Error(`no tool is called "${name}"; there are: ${known.join(", ")}`);
  }
  if (version === undefined) return;
  const release = all.find((one) => takesVersion(one, name))?.release;
  if (release === undefined)
    throw new Error(
      `${argument}: ${name} takes no version. Releases do (${Object.keys(DEFAULTS).join(", ")}); plugins follow package.json`,
    );
  assertBuildable(release, version);
}

/** Whether the version after `name`, which is the target's or a group's, is that of the target. */
function takesVersion(target: Target, name: string): boolean {
  return target.name === name || (target.groups.includes(name) && target.release === "kubernetes");
}

function versionFor(target: Target, { name, version }: Wanted): string | undefined {
  return takesVersion(target, name) ? version : undefined;
}

function answersTo(target: Target, name: string): boolean {
  return target.name === name || target.groups.includes(name);
}

function isVersion({ release, version }: Target, wanted: string | undefined): boolean {
  return release === undefined || version === `v${wanted ?? DEFAULTS[release]}`;
}
