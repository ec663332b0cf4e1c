/** Answers that follow from the state, for more than one part of the local cloud. */
import { identityAddress } from "../addresses";
import { CloudState, ForwardingRule, Instance, MetadataItem, Path, Route, TargetPool } from "./model";
import { nameOf } from "./path";

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

/** All ranges of a network's subnetworks. */
export function rangesOf(state: CloudState, network: Path): string[] {
  return Object.values(state.subnetworks)
    .filter((subnet) => subnet.network === network)
    .flatMap((subnet) => [subnet.ipCidrRange, ...subnet.secondaryIpRanges.map((range) => range.ipCidrRange)]);
}

export interface NextHop {
  /** The instance that gets a route's packets when it runs. Undefined when they are dropped. */
  instance?: Instance;
  /** What Google tells about a route that does not work. */
  warning?: { code: string; message: string };
}

/** A route finds its instance by name or address each time, so an instance that is made again is its next hop again. */
export function nextHop(state: CloudState, { network, nextHopInstance, nextHopIp }: Route): NextHop {
  const found = nextHopInstance
    ? state.instances[nextHopInstance]
    : Object.values(state.instances).find(({ nic }) => nic.network === network && nic.networkIP === nextHopIp);
  const warning = (code: string, what: string) => ({ code: `NEXT_HOP_${code}`, message: what });
  if (!found && nextHopInstance) {
    return { warning: warning("INSTANCE_NOT_FOUND", `Next hop instance '${nextHopInstance}' does not exist.`) };
  }
  if (!found) return { warning: warning("ADDRESS_NOT_ASSIGNED", `No instance has the next hop address ${nextHopIp}.`) };
  const which = `Next hop instance '${found.name}'`;
  if (found.nic.network !== network) {
    return { warning: warning("INSTANCE_NOT_ON_NETWORK", `${which} is not in the network '${nameOf(network)}'.`) };
  }
  if (!found.canIpForward) return { warning: warning("CANNOT_IP_FORWARD", `${which} cannot forward packets.`) };
  if (found.status === "RUNNING") return { instance: found };
  return { instance: found, warning: warning("NOT_RUNNING", `${which} is not running.`) };
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
