/** Names and numbers of everything the fabric makes, in one place so that teardown finds what the rest made. */

import { join } from "node:path";

/** Every namespace and link on the host begins with this. */
export const PREFIX = "hw-";
/** The namespace that stands for the internet; the emulator's process lives in it. */
export const EDGE = "hw-edge";
/** The host's end of its link to the edge. */
export const HOST_LINK = "hw-host";
/** The nftables table in the host's own namespace. */
export const HOST_TABLE = "hw-host";
/** The edge's end of it, inside the edge namespace. */
export const EDGE_HOST_LINK = "host";
/** A router's end of its link to the edge, inside the network's namespace. */
export const ROUTER_EDGE_LINK = "edge";
/** Where `ip netns` keeps named namespaces. */
export const NETNS_DIR = "/run/netns";
/** Parent of the machines' control groups, in every hierarchy. */
export const CGROUP = "hw-machines";

/** Google Cloud's default; one size everywhere, so that no packet is ever too big on its way. */
export const MTU = 1460;
/** Next hops on the link between the edge and a router: the same on every such link, never seen by a machine. */
export const LINK_EDGE = "169.254.0.2";
export const LINK_ROUTER = "169.254.0.1";
/** Marks routes as the fabric's own. */
export const ROUTE_PROTOCOL = 188;
/** Marks the local routes of load balancer addresses inside a machine, as Google's guest agent does. */
export const GUEST_ROUTE_PROTOCOL = 66;
/** Priority of the rules that send a marked packet to a machine's own routing table. */
export const RULE_PRIORITY = 1000;

/** A network's namespace, and the edge's link to it. */
export const networkName = (id: number) => `${PREFIX}net-${id}`;
/** A machine's namespace, and its router's link to it. */
export const machineName = (id: number) => `${PREFIX}vm-${id}`;
/** The connection mark, packet mark and routing table that stand for a machine; never 0, which means no mark. */
export const machineMark = (id: number) => 0x10000 + id;

/** The id in a name such as `hw-vm-7`, or undefined when the name is not of that kind. */
export function idIn(name: string, kind: "net" | "vm"): number | undefined {
  const match = new RegExp(`^${PREFIX}${kind}-(\\d+)$`).exec(name);
  return match ? Number(match[1]) : undefined;
}

/** Parent of the machines' directories. */
export const machinesDirectory = (stateDir: string) => join(stateDir, "machines");
export const machineDirectory = (stateDir: string, id: number) => join(machinesDirectory(stateDir), String(id));
