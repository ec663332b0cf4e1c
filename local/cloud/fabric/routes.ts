/** The routes that the fabric makes in a namespace, and the commands that change the present ones into them. */

import { identityAddress } from "../addresses";
import type { FabricNetwork, FabricState } from "./contract";
import { machinesOf, networkOf } from "./membership";
import {
  LINK_EDGE,
  LINK_ROUTER,
  machineMark,
  networkName,
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

/** A router's routes besides those to its machines: to the edge, and none for addresses that no running machine has. */
export function routerRoutes(network: FabricNetwork): RouteText[] {
  return [
    `default via ${LINK_EDGE} dev ${ROUTER_EDGE_LINK}`,
    ...network.subnets.map(({ cidr }) => `blackhole ${cidr.replace(/\/32$/, "")}`),
  ].sort();
}

/** A router's routes to a machine, as long as its link exists: to its address, and for load balanced packets with its mark. */
export function machineRoutes(internalIp: string, link: string, mark: number): string[] {
  return [
    `route replace ${internalIp} dev ${link} table main`,
    `route replace default via ${internalIp} dev ${link} onlink table ${mark}`,
  ];
}

/** Commands that change the routes `there`, which must be the fabric's, into the routes `wanted`. */
export function routeChanges(there: readonly RouteText[], wanted: readonly RouteText[]): string[] {
  const suffix = `proto ${ROUTE_PROTOCOL}`;
  const onlink = (route: RouteText) => (route.includes(" via ") ? `${route} onlink` : route);
  return [
    ...there.filter((route) => !wanted.includes(route)).map((route) => `route del ${route} ${suffix}`),
    ...wanted.filter((route) => !there.includes(route)).map((route) => `route replace ${onlink(route)} ${suffix}`),
  ];
}

/** One route of `ip -json route show`. */
export interface ListedRoute {
  type?: string;
  dst: string;
  gateway?: string;
  dev?: string;
}

export function routeText({ type, dst, gateway, dev }: ListedRoute): RouteText {
  const kind = type && type !== "unicast" ? `${type} ` : "";
  return `${kind}${dst}${gateway ? ` via ${gateway}` : ""}${dev ? ` dev ${dev}` : ""}`;
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
