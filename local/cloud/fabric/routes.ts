/** The routes that the fabric makes in a namespace, and the commands that change the present ones into them. */

import { identityAddress } from "../addresses";
import type { FabricMachine, FabricNetwork, FabricState } from "./contract";
import { machinesOf, networkOf } from "./membership";
import {
  LINK_EDGE,
  LINK_ROUTER,
  machineMark,
  machineName,
  networkName,
  PREFIX,
  ROUTE_PROTOCOL,
  ROUTER_EDGE_LINK,
  RULE_PRIORITY,
} from "./names";

/** A route as `ip route replace` accepts it. A listed route can be converted into the same text. */
export type RouteText = string;

/** The edge's routes: to all external addresses, load balancer addresses and identity addresses in use. */
export function edgeRoutes(state: FabricState): RouteText[] {
  const known = new Set(state.networks.map((network) => network.id));
  const via = (address: string, networkId: number | undefined) =>
    networkId !== undefined && known.has(networkId)
      ? [`${address} via ${LINK_ROUTER} dev ${networkName(networkId)}`]
      : [];
  const routes = [
    ...state.machines.flatMap((machine) => [
      ...via(identityAddress(machine.id), machine.networkId),
      ...(machine.externalIp ? via(machine.externalIp, machine.networkId) : []),
    ]),
    ...state.loadBalancers.flatMap((balancer) => via(balancer.address, networkOf(state, balancer))),
  ];
  return [...new Set(routes)].sort();
}

/** Linux chooses the route with the lowest metric, and this is the highest one: any other route to the range wins. */
const LAST_METRIC = 2 ** 32 - 1;

/**
 * A router's routes besides those to its machines: to the edge, through the machines that have `links`, and none for addresses
 * and ranges that no running machine has.
 */
export function routerRoutes(network: FabricNetwork, state: FabricState, links: readonly string[]): RouteText[] {
  const linked = machinesOf(state, network.id).filter((machine) => links.includes(machineName(machine.id)));
  const routes = [
    `default via ${LINK_EDGE} dev ${ROUTER_EDGE_LINK}`,
    ...network.subnets.map(({ cidr }) => `blackhole ${listed(cidr)}`),
    ...network.routes.map(({ destRange }) => `blackhole ${listed(destRange)} metric ${LAST_METRIC}`),
    ...linked.flatMap((machine) => nextHopRoutes(network, machine)),
  ];
  return [...new Set(routes)].sort();
}

/** The static routes of which a machine is the next hop. Their metric is the priority. They end with the machine's link. */
export function nextHopRoutes(network: FabricNetwork, { id, internalIp, canIpForward }: FabricMachine): RouteText[] {
  const through = network.routes.filter(({ nextHop }) => canIpForward && nextHop === id);
  const routes = through.map(
    ({ destRange, priority }) =>
      `${listed(destRange)} via ${internalIp} dev ${machineName(id)}${priority > 0 ? ` metric ${priority}` : ""}`,
  );
  return [...new Set(routes)];
}

/** A range as `ip` lists it. */
const listed = (cidr: string) => cidr.replace(/\/32$/, "");

/**
 * Commands for a router's routes to a machine, as long as its link exists: to its address, for load balanced packets with its
 * mark, and the static routes `through` it.
 */
export function machineRoutes({ id, internalIp }: FabricMachine, through: readonly RouteText[]): string[] {
  const link = machineName(id);
  return [
    `route replace ${internalIp} dev ${link} table main`,
    `route replace default via ${internalIp} dev ${link} onlink table ${machineMark(id)}`,
    ...through.map(addition),
  ];
}

/** Appended, because replacing would remove the route with the same range and priority through another machine. */
function addition(route: RouteText): string {
  const verb = route.includes(` dev ${PREFIX}vm-`) ? "append" : "replace";
  return `route ${verb} ${route}${route.includes(" via ") ? " onlink" : ""} proto ${ROUTE_PROTOCOL}`;
}

/** Commands that change the routes `there`, which must be the fabric's, into the routes `wanted`. */
export function routeChanges(there: readonly RouteText[], wanted: readonly RouteText[]): string[] {
  const removal = (route: RouteText) => `route del ${route} proto ${ROUTE_PROTOCOL}`;
  return [
    ...there.filter((route) => !wanted.includes(route)).map(removal),
    ...wanted.filter((route) => !there.includes(route)).map(addition),
  ];
}

/** One route of `ip -json route show`. */
export interface ListedRoute {
  type?: string;
  dst: string;
  gateway?: string;
  dev?: string;
  metric?: number;
}

export function routeText({ type, dst, gateway, dev, metric }: ListedRoute): RouteText {
  const kind = type && type !== "unicast" ? `${type} ` : "";
  const via = `${gateway ? ` via ${gateway}` : ""}${dev ? ` dev ${dev}` : ""}`;
  return `${kind}${dst}${via}${metric ? ` metric ${metric}` : ""}`;
}

/** One rule of `ip -json rule show`. */
export interface ListedRule {
  priority: number;
  fwmark?: string;
}

/** Commands after which each machine of the network has one rule: packets with its mark are routed by its table. */
export function ruleChanges(there: readonly ListedRule[], network: FabricNetwork, state: FabricState): string[] {
  const text = (mark: number) => `priority ${RULE_PRIORITY} fwmark ${mark} lookup ${mark}`;
  const present = there
    .filter((rule) => rule.priority === RULE_PRIORITY && rule.fwmark !== undefined)
    .map((rule) => Number(rule.fwmark));
  const wanted = machinesOf(state, network.id).map((machine) => machineMark(machine.id));
  return [
    ...present.filter((mark) => !wanted.includes(mark)).map((mark) => `rule del ${text(mark)}`),
    ...wanted.filter((mark) => !present.includes(mark)).map((mark) => `rule add ${text(mark)}`),
  ];
}
