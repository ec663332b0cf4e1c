/** A network's firewall rules as two chains: `egress` applies the sender's rules, `ingress` the receiver's. */

import type { FabricFirewall, FabricMachine, FabricNetwork } from "./contract";
import { addressMatch, portElements } from "./intervals";
import { machineName } from "./names";
import { block, braces, quoted } from "./nft";

/** The protocol names that Compute Engine accepts, with their IANA numbers. */
const PROTOCOLS: Record<string, number> = { icmp: 1, ipip: 94, tcp: 6, udp: 17, esp: 50, ah: 51, sctp: 132 };

/**
 * The chains of `network`, for its `machines`. Both return for an allowed packet and drop a denied one. A packet that no rule
 * matches may leave a machine, but not enter one, as on Google Cloud.
 */
export function firewallChains(network: FabricNetwork, machines: readonly FabricMachine[]): string[][] {
  const rules = (direction: FabricFirewall["direction"]) =>
    [...network.firewalls]
      .filter((firewall) => firewall.direction === direction)
      .sort(byPrecedence)
      .flatMap((firewall) => firewallRules(firewall, machines));
  return [block("chain egress", [...rules("EGRESS"), "return"]), block("chain ingress", [...rules("INGRESS"), "drop"])];
}

/** Lower priority numbers come first; at equal priority, deny comes before allow. Names make the order unique. */
function byPrecedence(a: FabricFirewall, b: FabricFirewall): number {
  const deny = (firewall: FabricFirewall) => (firewall.action === "deny" ? 0 : 1);
  return a.priority - b.priority || deny(a) - deny(b) || (a.name < b.name ? -1 : 1);
}

function firewallRules(firewall: FabricFirewall, machines: readonly FabricMachine[]): string[] {
  const target = targetMatch(firewall, machines);
  if (target === undefined) return [];
  const verdict = firewall.action === "allow" ? "return" : "drop";
  return addressMatches(firewall, machines).flatMap((addresses) =>
    firewall.protocols.map(({ protocol, ports }) =>
      [target, addresses, protocolMatch(protocol, ports), verdict, `comment "${firewall.name}"`]
        .filter(Boolean)
        .join(" "),
    ),
  );
}

/** A match for the machines that a rule applies to; undefined when there are none. */
function targetMatch(firewall: FabricFirewall, machines: readonly FabricMachine[]): string | undefined {
  if (firewall.targetTags.length === 0) return "";
  const links = withTag(machines, firewall.targetTags).map((machine) => quoted(machineName(machine.id)));
  if (links.length === 0) return undefined;
  return `${firewall.direction === "INGRESS" ? "oifname" : "iifname"} ${braces(links)}`;
}

/** Matches for both addresses of a packet. Each gives a rule, because one is enough. */
function addressMatches(firewall: FabricFirewall, machines: readonly FabricMachine[]): string[] {
  const { direction, sourceRanges, destinationRanges } = firewall;
  const peers =
    direction === "INGRESS"
      ? sources(firewall, machines)
      : [addressMatch("ip daddr", destinationRanges)].flatMap(present);
  // These are the addresses of the rule's targets, and those for which the targets forward packets.
  const [field, ranges] = direction === "INGRESS" ? ["ip daddr", destinationRanges] : ["ip saddr", sourceRanges];
  const own = ranges.length === 0 ? "" : addressMatch(field, ranges);
  return own === undefined ? [] : peers.map((peer) => [peer, own].filter(Boolean).join(" "));
}

const present = (match: string | undefined) => (match === undefined ? [] : [match]);

/** Matches for the senders of an ingress rule: by address, and by tag. */
function sources(firewall: FabricFirewall, machines: readonly FabricMachine[]): string[] {
  const byAddress = addressMatch("ip saddr", firewall.sourceRanges);
  // A tag stands for the sender's internal address. Packets that it forwards for others do not count.
  const senders = withTag(machines, firewall.sourceTags).map(
    (machine) => `${quoted(machineName(machine.id))} . ${machine.internalIp}`,
  );
  return [...present(byAddress), ...(senders.length === 0 ? [] : [`iifname . ip saddr ${braces(senders)}`])];
}

function withTag(machines: readonly FabricMachine[], tags: readonly string[]): FabricMachine[] {
  return machines.filter((machine) => machine.tags.some((tag) => tags.includes(tag)));
}

function protocolMatch(protocol: string, ports: readonly string[]): string {
  if (protocol === "all") return "";
  const number = PROTOCOLS[protocol] ?? protocol;
  if (ports.length === 0) return `meta l4proto ${number}`;
  return `meta l4proto ${number} th dport ${braces(portElements(ports))}`;
}
