import { ToolPaths } from "./paths";
import { Target } from "./target";
import { engineTargets, pluginTargets } from "./targets-pulumi";
import { etcdTarget, kubernetesTargets } from "./targets-releases";

/** Everything the toolchain can build, in the order of building: what compiles most for others comes first. */
export function allTargets(paths: Pick<ToolPaths, "arch">): Target[] {
  return [...engineTargets(), ...kubernetesTargets(paths.arch), etcdTarget(), ...pluginTargets()];
}
