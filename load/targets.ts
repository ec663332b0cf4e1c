import type { ControllerOutput } from "../outputs";
import { readKubeconfig } from "../verify/api";
import type { Target } from "./connection";

/** The API on each controller's own address, as a client that knows all of them uses it. */
export function directTargets(kubeconfig: string, controllers: ControllerOutput[]): [Target, ...Target[]] {
  const access = readKubeconfig(kubeconfig);
  const { port } = new URL(access.server);
  const targets = controllers.map(({ name, externalIp }) => ({
    ...access,
    server: `https://${externalIp}:${port}`,
    name,
  }));
  return targets as [Target, ...Target[]];
}
