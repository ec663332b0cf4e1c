/** Makes the namespace of a VPC network: link to the edge, gateways, routes, rules and firewall. */

import type { FabricNetwork, FabricState } from "./contract";
import { ROUTER_SYSCTLS } from "./edge";
import { deleteLink, hasLink, linkNames } from "./links";
import { LINK_EDGE, LINK_ROUTER, MTU, networkName, ROUTE_PROTOCOL, ROUTER_EDGE_LINK } from "./names";
import { ipBatch, ipJson, namespaceExists, nftLoad, setSysctls } from "./namespaces";
import { routerRuleset } from "./router";
import { routeChanges, routerRoutes, routeText, ruleChanges, type ListedRoute, type ListedRule } from "./routes";

/** Makes the namespace of `network` match `state`. Must run in the edge namespace. */
export async function convergeNetwork(network: FabricNetwork, state: FabricState): Promise<void> {
  const name = networkName(network.id);
  if (!namespaceExists(name)) {
    await deleteLink(undefined, name);
    await ipBatch(undefined, [`netns add ${name}`]);
    await setSysctls(name, ROUTER_SYSCTLS);
  }
  // The firewall comes before the link, so that the router never forwards packets without it.
  await nftLoad(name, routerRuleset(network, state));
  if (!(await hasLink(undefined, name))) await connect(name);
  const [routes, rules, addresses, links] = await Promise.all([
    ipJson<ListedRoute>(name, ["-4", "-details", "route", "show", "proto", String(ROUTE_PROTOCOL)]),
    ipJson<ListedRule>(name, ["-4", "rule", "show"]),
    ipJson<LinkAddresses>(name, ["-4", "address", "show", "dev", "lo"]),
    linkNames(name),
  ]);
  await ipBatch(name, [
    ...gatewayChanges(addresses, network),
    ...routeChanges(routes.map(routeText), routerRoutes(network, state, links)),
    ...ruleChanges(rules, network, state),
  ]);
}

async function connect(name: string): Promise<void> {
  await ipBatch(undefined, [
    `link add ${name} mtu ${MTU} type veth peer name ${ROUTER_EDGE_LINK} mtu ${MTU} netns ${name}`,
    `address add ${LINK_EDGE}/32 dev ${name}`,
    `link set ${name} up`,
  ]);
  await ipBatch(name, [
    "link set lo up",
    `address add ${LINK_ROUTER}/32 dev ${ROUTER_EDGE_LINK}`,
    `link set ${ROUTER_EDGE_LINK} up`,
  ]);
}

interface LinkAddresses {
  addr_info: { local: string; scope: string }[];
}

/** Commands that give the router the gateway addresses of all subnetworks. It answers for them on every link. */
function gatewayChanges(links: readonly LinkAddresses[], network: FabricNetwork): string[] {
  const there = links
    .flatMap((link) => link.addr_info)
    .filter(({ scope }) => scope === "global")
    .map(({ local }) => local);
  const wanted = network.subnets.map(({ gateway }) => gateway);
  return [
    ...there.filter((address) => !wanted.includes(address)).map((address) => `address del ${address}/32 dev lo`),
    ...wanted.filter((address) => !there.includes(address)).map((address) => `address add ${address}/32 dev lo`),
  ];
}
