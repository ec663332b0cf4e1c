import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { InstancePlace } from "./anyExists";

/** By a step's name, what differs on a machine from what the step has written: lines, the first with the time when it was seen. */
export type Drift = Record<string, string>;

const PREFIX = "drift-";

/**
 * What the machines published about themselves (node/programs/drift.sh), by instance. Warns about each difference. A machine of which
 * the API does not tell counts as unchanged.
 */
export async function readDrift(places: InstancePlace[]): Promise<Map<string, Drift>> {
  const found = await Promise.all(places.map(async (place) => [place.instance, await read(place)] as const));
  for (const [instance, drift] of found)
    for (const lines of Object.values(drift))
      await pulumi.log.warn(
        `${instance} differs from what the last update wrote: ${lines.trim().split("\n").slice(1).join("; ")}. This update writes it again.`,
      );
  return new Map(found);
}

async function read({ instance: name, zone }: InstancePlace): Promise<Drift> {
  try {
    const { queryValues } = await gcp.compute.getInstanceGuestAttributes({ name, zone, queryPath: "hardway/" });
    const own = queryValues.filter(({ key }) => key.startsWith(PREFIX));
    return Object.fromEntries(own.map(({ key, value }) => [key.slice(PREFIX.length), value]));
  } catch {
    return {};
  }
}
