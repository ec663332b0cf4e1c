/** Which machines and load balancers belong to which network. */

import type { FabricLoadBalancer, FabricMachine, FabricState } from "./contract";

/** The machines of a network, in order of their ids. */
export function machinesOf(state: FabricState, networkId: number): FabricMachine[] {
  return state.machines.filter((machine) => machine.networkId === networkId).sort((a, b) => a.id - b.id);
}

/**
 * The network to which a load balancer's address is routed: that of its first target or, without targets, of its first member.
 * Usually all targets are in one network; those in another get no connections.
 */
export function networkOf(state: FabricState, { targets, members }: FabricLoadBalancer): number | undefined {
  const byId = new Map(state.machines.map((machine) => [machine.id, machine]));
  return [...targets, ...members].map((id) => byId.get(id)?.networkId).find((id) => id !== undefined);
}

/** The load balancers of a network, with only those members and targets that exist in this network. */
export function balancersOf(state: FabricState, networkId: number): FabricLoadBalancer[] {
  const ids = new Set(machinesOf(state, networkId).map((machine) => machine.id));
  return state.loadBalancers
    .filter((balancer) => networkOf(state, balancer) === networkId)
    .map((balancer) => ({
      ...balancer,
      members: balancer.members.filter((id) => ids.has(id)),
      targets: balancer.targets.filter((id) => ids.has(id)),
    }))
    .sort((a, b) => key(a).localeCompare(key(b)));
}

const key = ({ address, protocol, ports }: FabricLoadBalancer) => `${address} ${protocol} ${ports[0]}`;

/** The load balancer addresses for which a machine answers, sorted. */
export function addressesOf(state: FabricState, machineId: number): string[] {
  const mine = state.loadBalancers.filter(({ members }) => members.includes(machineId));
  return [...new Set(mine.map(({ address }) => address))].sort();
}
