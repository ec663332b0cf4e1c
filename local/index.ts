/**
 * The front of `local/`: the only file of it that the rest of the repository imports. Every command imports this file, so
 * everything here must be cheap to import. What is not cheap is loaded when it is called.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hierarchies } from "./cloud/fabric/cgroups";
import { CGROUP, EDGE, NETNS_DIR } from "./cloud/fabric/names";
import type * as mirror from "./cloud/mirror/server";

export { API_ADDRESS, API_PORT, API_URL, EXTERNAL_RANGE, HOST_ADDRESS, MIRROR_ADDRESS } from "./cloud/addresses";
export { callApi, compute, hasHostLink } from "./cloud/client";
export { files, stateDir } from "./cloud/paths";
export * from "./tools";
export { COMMON_FLAGS } from "./tools/build";
export { pluginVersion } from "./tools/pinned";

/** Everything on this host that would stop a local cloud of so many machines. Empty while a local cloud runs. */
export async function hostProblems(machines?: number): Promise<string[]> {
  return (await import("./cloud/cli/preflight")).hostProblems(machines);
}

/** A server for the releases in the directory `root`: the release mirror, which is not listening yet. */
export async function mirrorServer(root: string): Promise<ReturnType<typeof mirror.mirrorServer>> {
  return (await import("./cloud/mirror/server")).mirrorServer(root);
}

/** Whether this host has a local cloud, or the rest of one. Sends nothing: without a cloud, its address may be another host's. */
export const cloudExists = (): boolean => existsSync(join(NETNS_DIR, EDGE));

/** Cuts the power of the machine of an instance, by the instance's name. The local cloud must run. */
export const losePower = async (instance: string): Promise<void> =>
  (await import("./cloud/losePower")).losePower(instance);

/** The cgroup v2 directory that contains the control groups of all machines. */
export const machinesCgroup = (): string => join(hierarchies().unified, CGROUP);
