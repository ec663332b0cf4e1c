/** Computes from the cloud's state what the fabric must make. Pure functions. */
import { machineType } from "../catalog/machineTypes";
import {
  FabricFirewall,
  FabricLoadBalancer,
  FabricMachine,
  FabricNetwork,
  FabricRoute,
  FabricState,
} from "../fabric/contract";
import { gatewayOf } from "../../../lib/ipv4";
import { imageByName } from "../catalog/images";
import { nameOf } from "../state/path";
import { machineIdOf, memberHealth, nextHop, portsOf } from "../state/queries";
import { CloudState, Firewall, ForwardingRule, Instance, Path, Route } from "../state/model";

function firewall(rule: Firewall): FabricFirewall {
  const cidrs = (ranges: string[] = []) => ranges.map((range) => (range.includes("/") ? range : `${range}/32`));
  return {
    name: rule.name,
    priority: rule.priority,
    direction: rule.direction,
    action: rule.allowed ? "allow" : "deny",
    sourceRanges: cidrs(rule.sourceRanges),
    destinationRanges: cidrs(rule.destinationRanges),
    sourceTags: rule.sourceTags ?? [],
    targetTags: rule.targetTags ?? [],
    protocols: (rule.allowed ?? rule.denied ?? []).map(({ IPProtocol, ports }) => ({
      protocol: IPProtocol,
      ports: ports ?? [],
    })),
  };
}

function route(state: CloudState, wanted: Route): FabricRoute {
  const { instance } = nextHop(state, wanted);
  const { destRange, priority } = wanted;
  return { destRange, priority, ...(instance && { nextHop: machineIdOf(state, instance) }) };
}

function networks(state: CloudState): FabricNetwork[] {
  return Object.entries(state.networks).map(([path, network]) => ({
    id: network.number,
    name: network.name,
    subnets: Object.values(state.subnetworks)
      .filter((subnet) => subnet.network === path)
      .map(({ name, ipCidrRange }) => ({ name, cidr: ipCidrRange, gateway: gatewayOf(ipCidrRange) })),
    firewalls: Object.values(state.firewalls)
      .filter((rule) => rule.network === path && !rule.disabled)
      .map(firewall),
    routes: Object.values(state.routes)
      .filter((wanted) => wanted.network === path)
      .map((wanted) => route(state, wanted)),
  }));
}

export function machine(state: CloudState, instance: Instance): FabricMachine {
  const type = machineType(instance.machineType);
  const network = state.networks[instance.nic.network];
  const image = imageByName(nameOf(state.disks[instance.boot.disk]?.sourceImage ?? ""));
  if (!type || !network || !image)
    throw new Error(`the machine type, network or image of ${instance.name} does not exist`);
  return {
    id: machineIdOf(state, instance),
    name: instance.name,
    networkId: network.number,
    internalIp: instance.nic.networkIP,
    externalIp: instance.nic.accessConfig?.natIP,
    tags: [...instance.tags],
    canIpForward: instance.canIpForward,
    cpus: type.guestCpus,
    memoryMiB: type.memoryMb,
    image: image.root,
  };
}

function loadBalancer(state: CloudState, rule: ForwardingRule): FabricLoadBalancer {
  const pool = state.targetPools[rule.target];
  const members = (pool?.instances ?? []).filter((path) => state.instances[path]);
  const healthy = members.filter((path) => pool && memberHealth(state, pool, path) === "HEALTHY");
  const ids = (paths: Path[]) => paths.map((path) => machineIdOf(state, state.instances[path]!));
  return {
    address: rule.IPAddress,
    protocol: rule.IPProtocol === "UDP" ? "udp" : "tcp",
    ports: portsOf(rule),
    members: ids(members),
    targets: ids(healthy.length > 0 ? healthy : members),
    sessionAffinity: pool?.sessionAffinity ?? "NONE",
  };
}

export function fabricState(state: CloudState): FabricState {
  return {
    networks: networks(state),
    machines: Object.values(state.instances).map((instance) => machine(state, instance)),
    loadBalancers: Object.values(state.forwardingRules).map((rule) => loadBalancer(state, rule)),
  };
}
