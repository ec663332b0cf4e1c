import * as pulumi from "@pulumi/pulumi";
import { change, compute } from "./compute";
import type { Place } from "./reachable";

/** Where the target pool of a machine is. */
export interface PoolPlace {
  name: string;
  region: string;
}

/**
 * Puts a machine back into its target pool. Google drops an instance that is deleted from its pools, and the provider compares
 * names only, so it sees no difference when the instance comes back under the same name. Does nothing when the machine is in
 * the pool or there is no pool yet. Warns when it cannot tell.
 */
export async function rejoin(pool: PoolPlace, machine: Place, parent?: pulumi.Resource): Promise<void> {
  const region = `projects/${machine.project}/regions/${pool.region}`;
  const path = `${region}/targetPools/${pool.name}`;
  const instance = `projects/${machine.project}/zones/${machine.zone}/instances/${machine.name}`;
  try {
    const found = await compute<{ instances?: string[] }>("GET", path);
    if (!found || found.instances?.some((member) => member.endsWith(`/${instance}`))) return;
    await change(region, `${path}/addInstance`, { instances: [{ instance }] });
    await pulumi.log.info(`${machine.name} is in the target pool ${pool.name} again`, parent);
  } catch (error) {
    await pulumi.log.warn(
      `${machine.name} may be missing from the target pool ${pool.name}: ${(error as Error).message}. ` +
        "pulumi up --refresh puts it back",
      parent,
    );
  }
}
