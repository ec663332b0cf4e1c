/** Forwarding rules as nftables chains. A new connection gets the mark of a member, and is routed by that mark. */

import type { FabricLoadBalancer } from "./contract";
import { machineMark, ROUTER_EDGE_LINK } from "./names";
import { block, braces } from "./nft";

/** The fields of a packet by whose hash its member is chosen, by session affinity. */
const HASHED: Record<FabricLoadBalancer["sessionAffinity"], string> = {
  NONE: "ip saddr . th sport . ip daddr . th dport . ip protocol",
  CLIENT_IP: "ip saddr . ip daddr",
  CLIENT_IP_PROTO: "ip saddr . ip daddr . ip protocol",
};

/**
 * One chain per forwarding rule, and the `balance` chain that calls them, for the balancers of one network. `balance` runs
 * after connection tracking has found the packet's connection, and before routing.
 */
export function balancerChains(balancers: readonly FabricLoadBalancer[]): string[][] {
  const calls = balancers.map(({ address, protocol, ports: [first, last] }, index) => {
    const port = first === last ? String(first) : `${first}-${last}`;
    return `iifname "${ROUTER_EDGE_LINK}" ip daddr ${address} ${protocol} dport ${port} jump balance_${index}`;
  });
  return [
    ...balancers.map((balancer, index) => block(`chain balance_${index}`, chooseMember(balancer))),
    block("chain balance", [
      "type filter hook prerouting priority mangle; policy accept;",
      ...calls,
      // Answers are routed without a mark, which would send them back to the member that sent them.
      "ct direction original ct mark != 0 meta mark set ct mark",
    ]),
  ];
}

function chooseMember({ protocol, targets, sessionAffinity }: FabricLoadBalancer): string[] {
  // An established connection stays with its member, even when the member gets no new ones. An attempt to connect does not:
  // when its member is lost, it is repeated with the same ports, and must reach another member.
  const keep =
    protocol === "tcp"
      ? "tcp flags & (syn | ack | rst | fin) != syn ct mark != 0 return"
      : "ct state established ct mark != 0 return";
  if (targets.length === 0) return [keep, "drop"];
  const marks = [...targets].sort((a, b) => a - b).map(machineMark);
  const map = marks.map((mark, slot) => `${slot} : ${mark}`);
  return [
    keep,
    `ct mark ${braces(marks.map(String))} return`,
    `ct mark set jhash ${HASHED[sessionAffinity]} mod ${marks.length} seed 0x68617264 map ${braces(map)}`,
  ];
}
