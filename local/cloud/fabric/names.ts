/** Names and numbers of everything that the fabric makes. Teardown finds it all by these. */

import { join } from "node:path";

/** The names of all namespaces and links on the host begin with this. */
export const PREFIX = "hw-";
/** The namespace that stands for the internet, in which the daemon runs. */
export const EDGE = "hw-edge";
/** The host's end of its link to the edge. */
export const HOST_LINK = "hw-host";
/** The nftables table in the host's namespace. */
export const HOST_TABLE = "hw-host";
/** The edge's end of the host's link, inside the edge namespace. */
export const EDGE_HOST_LINK = "host";
/** A router's end of its link to the edge, inside the network's namespace. */
export const ROUTER_EDGE_LINK = "edge";
/** The directory in which `ip netns` mounts named namespaces. */
export const NETNS_DIR = "/run/netns";
/** Parent of the machines' control groups, in every hierarchy. */
export const CGROUP = "hw-machines";

/** Google Cloud's default. All links have it, so that no packet is too large for the next link. */
export const MTU = 1460;
/** Next hops on the links between the edge and the routers. All these links use the same two, and machines never see them. */
export const LINK_EDGE = "169.254.0.2";
export const LINK_ROUTER = "169.254.0.1";
/** Marks the routes that the fabric makes. */
export const ROUTE_PROTOCOL = 188;
/** Marks a machine's local routes for load balancer addresses. Google's guest agent uses the same number. */
export const GUEST_ROUTE_PROTOCOL = 66;
/** Priority of the rules that route a marked packet by its machine's routing table. */
export const RULE_PRIORITY = 1000;

/** A network's namespace, and the edge's link to it. */
export const networkName = (id: number) => `${PREFIX}net-${id}`;
/** A machine's namespace, and its router's link to it. */
export const machineName = (id: number) => `${PREFIX}vm-${id}`;
/** The connection mark, packet mark and routing table of a machine. Never 0, which means no mark. */
export const machineMark = (id: number) => 0x10000 + id;

/** The id in a name such as `hw-vm-7`; undefined when the name has another form. */
export function idIn(name: string, kind: "net" | "vm"): number | undefined {
  const match = new RegExp(`^${PREFIX}${kind}-(\\d+)$`).exec(name);
  return match ? Number(match[1]) : undefined;
}

/** The parent of the machines' directories. */
export const machinesDirectory = (stateDir: string) => join(stateDir, "machines");
export const machineDirectory = (stateDir: string, id: number) => join(machinesDirectory(stateDir), String(id));
