/** The usual case of the fabric's unit tests: one network with two web machines, one of which is also a client. */

import type {
  FabricFirewall,
  FabricLoadBalancer,
  FabricMachine,
  FabricNetwork,
  FabricState,
} from "../../../../local/cloud/fabric/contract";

export function machine(id: number, changes: Partial<FabricMachine> = {}): FabricMachine {
  return {
    id,
    name: `node-${id}`,
    networkId: 1,
    internalIp: `10.240.0.${9 + id}`,
    externalIp: `203.0.113.${200 + id}`,
    tags: ["web"],
    canIpForward: false,
    cpus: 2,
    memoryMiB: 1024,
    image: "debian-12",
    ...changes,
  };
}

export function firewall(changes: Partial<FabricFirewall> = {}): FabricFirewall {
  return {
    name: "web",
    priority: 1000,
    direction: "INGRESS",
    action: "allow",
    sourceRanges: ["0.0.0.0/0"],
    destinationRanges: [],
    sourceTags: [],
    targetTags: [],
    protocols: [{ protocol: "tcp", ports: ["80"] }],
    ...changes,
  };
}

export function network(changes: Partial<FabricNetwork> = {}): FabricNetwork {
  const subnets = [{ name: "nodes", cidr: "10.240.0.0/24", gateway: "10.240.0.1" }];
  return { id: 1, name: "net", subnets, firewalls: [firewall()], routes: [], ...changes };
}

export function balancer(changes: Partial<FabricLoadBalancer> = {}): FabricLoadBalancer {
  return {
    address: "203.0.113.250",
    protocol: "tcp",
    ports: [6443, 6443],
    members: [1, 2],
    targets: [1, 2],
    sessionAffinity: "NONE",
    ...changes,
  };
}

export function state(changes: Partial<FabricState> = {}): FabricState {
  const machines = [machine(1), machine(2, { tags: ["web", "client"] })];
  return { networks: [network()], machines, loadBalancers: [balancer()], ...changes };
}
