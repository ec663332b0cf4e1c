import { linkSync, mkdirSync, readdirSync, rmSync } from "fs";
import { join } from "path";
import { toolPaths } from "../../local";
import { minorOf } from "../../node/versions";

/**
 * Adds a Kubernetes release of the same minor version as `version` to the local cloud's mirror, with right checksums. Its
 * kube-apiserver is kubectl, which does not know the flags. Returns its version, and a function that removes it.
 */
export function addBrokenRelease(version: string): { version: string; remove: () => void } {
  const { mirror, arch } = toolPaths();
  const broken = `${minorOf(version)}.98`;
  const programs = (release: string) => join(mirror, `kubernetes/v${release}/bin/linux/${arch}`);
  const [from, to] = [programs(version), programs(broken)];
  const remove = () => rmSync(join(mirror, `kubernetes/v${broken}`), { recursive: true, force: true });
  remove();
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from))
    linkSync(join(from, name.replace(/^kube-apiserver/, "kubectl")), join(to, name));
  return { version: broken, remove };
}
