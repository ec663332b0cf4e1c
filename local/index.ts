/**
 * The front of `local/`: all that the rest of the repository may use of the local cloud and the toolchain. Everything here is
 * cheap to import, since every command imports it; what is not is loaded when it is called.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hierarchies } from "./cloud/fabric/cgroups";
import { CGROUP, EDGE, NETNS_DIR } from "./cloud/fabric/names";
import type * as mirror from "./cloud/mirror/server";

export { API_ADDRESS, API_PORT, API_URL, HOST_ADDRESS, MIRROR_ADDRESS } from "./cloud/addresses";
export { callApi, compute, hasHostLink } from "./cloud/client";
export { files, stateDir } from "./cloud/paths";
export * from "./tools";
export { COMMON_FLAGS } from "./tools/build";
export { pluginVersion } from "./tools/pinned";

/** Everything of this host that would stop a local cloud of so many machines. Empty once one has been started. */
export async function hostProblems(machines?: number): Promise<string[]> {
  return (await import("./cloud/cli/preflight")).hostProblems(machines);
}

/** A server of the releases below `root`, as the machines download them. */
export async function mirrorServer(root: string): Promise<ReturnType<typeof mirror.mirrorServer>> {
  return (await import("./cloud/mirror/server")).mirrorServer(root);
}

/** Whether this host has a local cloud, or what is left of one. Found without the network, where its address may be another's. */
export const cloudExists = (): boolean => existsSync(join(NETNS_DIR, EDGE));

/** The cgroup v2 directory below which all processes of the machines are. */
export const machinesCgroup = (): string => join(hierarchies().unified, CGROUP);
