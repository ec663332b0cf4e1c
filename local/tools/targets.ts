import { ToolPaths } from "./paths";
import { Target } from "./target";
import { imageTargets } from "./targets-images";
import { engineTargets, pluginTargets } from "./targets-pulumi";
import { etcdTargets, kubernetesTargets } from "./targets-releases";

/** Everything that can be built, in the order of building: first what compiles the most packages that others share. */
export function allTargets(paths: Pick<ToolPaths, "arch">): Target[] {
  return [
    ...engineTargets(),
    ...kubernetesTargets(paths.arch),
    ...etcdTargets(),
    ...pluginTargets(),
    ...imageTargets(),
  ];
}
