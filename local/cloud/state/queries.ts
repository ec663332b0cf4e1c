/** What follows from the state. */
import { identityAddress } from "../addresses";
import { CloudState, ForwardingRule, Instance, MetadataItem, Path, TargetPool } from "./model";

export function machineIdOf(state: CloudState, instance: Instance): number {
  const disk = state.disks[instance.boot.disk];
  if (!disk) throw new Error(`instance ${instance.name} has lost its boot disk ${instance.boot.disk}`);
  return disk.machineId;
}

/** A member's health: what its pool's check says, or healthy where there is no check. */
export function memberHealth(state: CloudState, pool: TargetPool, instance: Path): "HEALTHY" | "UNHEALTHY" {
  const verdicts = pool.healthChecks.map((check) => state.health[instance]?.[check] ?? "UNHEALTHY");
  return verdicts.includes("UNHEALTHY") ? "UNHEALTHY" : "HEALTHY";
}

export function portsOf(rule: ForwardingRule): [number, number] {
  const [first, last] = rule.portRange.split("-").map(Number);
  return [first!, last!];
}

/** Who asks the metadata server from this source address. */
export function instanceBySource(state: CloudState, source: string): Path | undefined {
  const caller = source.replace(/^::ffff:/, "");
  return Object.entries(state.instances).find(
    ([, instance]) => identityAddress(machineIdOf(state, instance)) === caller,
  )?.[0];
}

/** Guest attributes are off unless the instance's or the project's metadata turns them on. */
export function guestAttributesEnabled(state: CloudState, project: string, instance: Instance): boolean {
  const value =
    metadataValue(instance.metadata, "enable-guest-attributes") ??
    metadataValue(state.projects[project]?.metadata ?? [], "enable-guest-attributes");
  return value?.toUpperCase() === "TRUE";
}

function metadataValue(items: MetadataItem[], key: string): string | undefined {
  return items.find((item) => item.key === key)?.value;
}
