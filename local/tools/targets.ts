import { ToolPaths } from "./paths";
import { Target } from "./target";
import { imageTargets } from "./targets-images";
import { engineTargets, pluginTargets } from "./targets-pulumi";
import { etcdTargets, kubernetesTargets } from "./targets-releases";
import { workerTargets } from "./targets-workers";

/** Everything that can be built, in the order of building: first what compiles the most packages that others share. */
export function allTargets({ arch }: Pick<ToolPaths, "arch">): Target[] {
  return [
    ...engineTargets(),
    ...kubernetesTargets(arch),
    ...etcdTargets(arch),
    ...pluginTargets(),
    ...workerTargets(arch),
    ...imageTargets(),
  ];
}
