/** Answers that follow from the state, for more than one part of the local cloud. */
import { identityAddress } from "../addresses";
import { CloudState, ForwardingRule, Instance, MetadataItem, Path, TargetPool } from "./model";

export function machineIdOf(state: CloudState, instance: Instance): number {
  const disk = state.disks[instance.boot.disk];
  if (!disk) throw new Error(`the boot disk ${instance.boot.disk} of instance ${instance.name} does not exist`);
  return disk.machineId;
}

/** A member's health by its pool's health check. Without a check, every member is healthy. */
export function memberHealth(state: CloudState, pool: TargetPool, instance: Path): "HEALTHY" | "UNHEALTHY" {
  const verdicts = pool.healthChecks.map((check) => state.health[instance]?.[check] ?? "UNHEALTHY");
  return verdicts.includes("UNHEALTHY") ? "UNHEALTHY" : "HEALTHY";
}

export function portsOf(rule: ForwardingRule): [number, number] {
  const [first, last] = rule.portRange.split("-").map(Number);
  return [first!, last!];
}

/** The instance that sends requests to the metadata server from this address. */
export function instanceBySource(state: CloudState, source: string): Path | undefined {
  const caller = source.replace(/^::ffff:/, "");
  return Object.entries(state.instances).find(
    ([, instance]) => identityAddress(machineIdOf(state, instance)) === caller,
  )?.[0];
}

/** Whether the instance's metadata or else the project's metadata turns guest attributes on. They are off by default. */
export function guestAttributesEnabled(state: CloudState, project: string, instance: Instance): boolean {
  const value =
    metadataValue(instance.metadata, "enable-guest-attributes") ??
    metadataValue(state.projects[project]?.metadata ?? [], "enable-guest-attributes");
  return value?.toUpperCase() === "TRUE";
}

function metadataValue(items: MetadataItem[], key: string): string | undefined {
  return items.find((item) => item.key === key)?.value;
}
