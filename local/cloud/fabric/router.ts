/** A network's router as one nftables table: firewall, load balancer and translation of addresses. */

import { EXTERNAL_RANGE, identityAddress, METADATA_ADDRESS, PROBE_ADDRESSES } from "../addresses";
import type { FabricMachine, FabricNetwork, FabricState } from "./contract";
import { balancerChains } from "./balancer";
import { firewallChains } from "./firewall";
import { balancersOf, machinesOf } from "./membership";
import { machineName, PREFIX, ROUTER_EDGE_LINK } from "./names";
import { block, braces, named, quoted, table } from "./nft";

const EDGE = quoted(ROUTER_EDGE_LINK);
const MACHINES = quoted(`${PREFIX}vm-*`);
/** These know a machine by its identity address, because networks may use the same internal addresses. */
const BY_IDENTITY = braces([METADATA_ADDRESS, ...PROBE_ADDRESSES]);

/** The text for `nft -f` that makes the router of `network` match `state`. */
export function routerRuleset(network: FabricNetwork, state: FabricState): string {
  const machines = machinesOf(state, network.id);
  const balancers = balancersOf(state, network.id);
  return table("router", [
    ...addressSets(machines, balancers),
    ...translation(machines),
    ...balancerChains(balancers),
    ...firewallChains(network, machines),
    forwardChain(),
    block("chain input", ["type filter hook input priority filter; policy drop;"]),
  ]);
}

function addressSets(machines: readonly FabricMachine[], balancers: FabricState["loadBalancers"]): string[][] {
  const external = machines.filter((machine) => machine.externalIp !== undefined);
  const own = (machine: FabricMachine) => `${quoted(machineName(machine.id))} . ${machine.internalIp}`;
  const balanced = balancers.flatMap(({ address, members }) =>
    machines
      .filter((machine) => members.includes(machine.id))
      .map((machine) => `${quoted(machineName(machine.id))} . ${address}`),
  );
  const type = "ifname . ipv4_addr";
  return [
    named("set", "own", type, machines.map(own)),
    named("set", "balanced", type, [...new Set(balanced)]),
    named("set", "with_external", type, external.map(own)),
    named("map", "inbound", "ipv4_addr : ipv4_addr", [
      ...external.map((machine) => `${machine.externalIp} : ${machine.internalIp}`),
      ...machines.map((machine) => `${identityAddress(machine.id)} : ${machine.internalIp}`),
    ]),
    named(
      "map",
      "outbound",
      "ipv4_addr : ipv4_addr",
      external.map((m) => `${m.internalIp} : ${m.externalIp}`),
    ),
    named(
      "map",
      "identity",
      "ipv4_addr : ipv4_addr",
      machines.map((m) => `${m.internalIp} : ${identityAddress(m.id)}`),
    ),
  ];
}

/**
 * Addresses are translated without connection tracking: on arrival before it sees the packet, on departure after it. So it
 * sees only internal addresses. When a machine calls another by the external address, that gives two separate connections.
 */
function translation(machines: readonly FabricMachine[]): string[][] {
  const forwarders = machines
    .filter((machine) => machine.canIpForward)
    .map((machine) => quoted(machineName(machine.id)));
  const spoofed = `iifname ${MACHINES} iifname . ip saddr != @own iifname . ip saddr != @balanced`;
  return [
    block("chain arrive", [
      "type filter hook prerouting priority raw; policy accept;",
      `${spoofed}${forwarders.length > 0 ? ` iifname != ${braces(forwarders)}` : ""} drop`,
      `iifname ${EDGE} ip daddr set ip daddr map @inbound`,
    ]),
    block("chain depart", [
      "type filter hook postrouting priority 300; policy accept;",
      `oifname ${EDGE} ip daddr ${BY_IDENTITY} ip saddr set ip saddr map @identity return`,
      `oifname ${EDGE} ip saddr set ip saddr map @outbound`,
    ]),
  ];
}

function forwardChain(): string[] {
  return block("chain forward", [
    "type filter hook forward priority filter; policy drop;",
    // A packet from the edge must not go back there, or it would circle between the two.
    `iifname ${EDGE} oifname ${EDGE} drop`,
    // No firewall rule can block the metadata server, and no machine can ask it with another machine's address.
    `oifname ${EDGE} ip daddr ${METADATA_ADDRESS} iifname . ip saddr @own accept`,
    `oifname ${EDGE} ip daddr ${METADATA_ADDRESS} drop`,
    "ct state established,related accept",
    "ct state invalid drop",
    `iifname ${MACHINES} jump egress`,
    `oifname ${MACHINES} jump ingress`,
    `oifname ${MACHINES} accept`,
    // Outside are only the cloud's own addresses. Rejecting all others spares the caller a timeout.
    `ip daddr != ${EXTERNAL_RANGE} reject with icmp net-unreachable`,
    "iifname . ip saddr @with_external accept",
    "reject with icmp admin-prohibited",
  ]);
}
