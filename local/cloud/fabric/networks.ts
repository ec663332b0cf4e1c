/** All networks: makes them match the state that was given last. */

import type { FabricMachine, FabricState } from "./contract";
import { deleteLink } from "./links";
import { idIn, networkName, ROUTE_PROTOCOL } from "./names";
import { ipBatch, ipJson, namespaces } from "./namespaces";
import { addressesOf } from "./membership";
import { convergeNetwork } from "./network";
import { routerRuleset } from "./router";
import { edgeRoutes, nextHopRoutes, routeChanges, routeText, type ListedRoute } from "./routes";
import { gatewayFor, type Wiring } from "./wire";

export class Networks {
  private state: FabricState = { networks: [], machines: [], loadBalancers: [] };
  /** What this process has made of each network, so that an unchanged network is skipped. */
  private readonly made = new Map<number, string>();
  /** How often this process has made a network's namespace. */
  private readonly generations = new Map<number, number>();

  /** Makes all networks and the edge's routes match `state`. Removes networks that are not in it. */
  async converge(state: FabricState): Promise<void> {
    this.state = structuredClone(state);
    const stale = namespaces().filter((name) => {
      const id = idIn(name, "net");
      return id !== undefined && !state.networks.some((network) => network.id === id);
    });
    await Promise.all([...state.networks.map((network) => this.convergeOne(network.id)), ...stale.map(removeNetwork)]);
    for (const id of this.made.keys()) if (!state.networks.some((network) => network.id === id)) this.made.delete(id);
    // Last, so that an address becomes reachable only when its network is ready.
    const there = await ipJson<ListedRoute>(undefined, ["-4", "route", "show", "proto", String(ROUTE_PROTOCOL)]);
    await ipBatch(undefined, routeChanges(there.map(routeText), edgeRoutes(state)));
  }

  private async convergeOne(id: number): Promise<void> {
    const network = this.state.networks.find((candidate) => candidate.id === id)!;
    // Whether a machine has a link does not matter here: its link comes with its routes, and they end together.
    const wanted = routerRuleset(network, this.state) + JSON.stringify([network.subnets, network.routes]);
    const isThere = namespaces().includes(networkName(id));
    if (isThere && this.made.get(id) === wanted) return;
    this.made.delete(id);
    if (!isThere) this.generations.set(id, this.generationOf(id) + 1);
    await convergeNetwork(network, this.state);
    this.made.set(id, wanted);
  }

  /** A number that changes when a network's namespace is made again, which then lacks the links of its machines. */
  generationOf(id: number): number {
    return this.generations.get(id) ?? 0;
  }

  /** A machine's gateway and routes in the state that converged last. Throws when its network is not in it. */
  wiringOf(machine: FabricMachine): Wiring {
    const network = this.state.networks.find((candidate) => candidate.id === machine.networkId);
    return { gateway: gatewayFor(machine, network), through: network ? nextHopRoutes(network, machine) : [] };
  }

  /** The load balancer addresses for which a machine answers in the state that converged last. */
  balancedAddressesOf(machineId: number): string[] {
    return addressesOf(this.state, machineId);
  }
}

async function removeNetwork(name: string): Promise<void> {
  // The kernel would delete the link some time after the namespace, but its name may be needed again at once.
  await deleteLink(undefined, name);
  await ipBatch(undefined, [`netns del ${name}`]);
}
