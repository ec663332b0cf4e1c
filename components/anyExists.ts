import { statusOf } from "./reachable";

/** An instance in the project of the default provider. */
export interface InstancePlace {
  instance: string;
  zone: string;
}

/**
 * Whether one of these instances still exists. When none does, their etcd cluster is lost for good, and new machines found a
 * new one. An instance of which the API does not tell counts as existing.
 */
export async function anyExists(places: InstancePlace[]): Promise<boolean> {
  const found = await Promise.all(places.map(({ instance, zone }) => statusOf({ name: instance, zone })));
  return found.some((status) => status !== undefined);
}
