/** The edge: the network namespace that stands for the internet, and the only link between it and the host. */

import { readFileSync, writeFileSync } from "node:fs";

import {
  API_ADDRESS,
  API_PORT,
  EXTERNAL_POOL_RANGE,
  EXTERNAL_RANGE,
  HOST_ADDRESS,
  IDENTITY_RANGE,
  METADATA_ADDRESS,
  MIRROR_ADDRESS,
  PROBE_ADDRESSES,
} from "../addresses";
import { deleteLink, hasLink } from "./links";
import { loadBridgeFilter } from "./modules";
import { EDGE, EDGE_HOST_LINK, HOST_LINK, HOST_TABLE, MTU, PREFIX } from "./names";
import { ipBatch, ipJson, namespaceExists, nftLoad, removeStaleNames, setSysctls } from "./namespaces";
import { block, quoted, table } from "./nft";

const HOST = quoted(EDGE_HOST_LINK);
const ROUTERS = quoted(`${PREFIX}net-*`);

/** The firewall of the edge. Nothing can open a connection to the host, and only the host can use the API. */
export function edgeRuleset(): string {
  return table("edge", [
    block("chain forward", [
      "type filter hook forward priority filter; policy drop;",
      `iifname ${ROUTERS} ip saddr != ${EXTERNAL_RANGE} drop`,
      "ct state established,related accept",
      `iifname ${HOST} ip saddr ${HOST_ADDRESS} oifname ${ROUTERS} ip daddr ${EXTERNAL_RANGE} accept`,
      `iifname ${ROUTERS} oifname ${ROUTERS} ip daddr ${EXTERNAL_RANGE} accept`,
      "jump refuse",
    ]),
    block("chain input", [
      "type filter hook input priority filter; policy drop;",
      'iifname "lo" accept',
      "ct state established,related accept",
      `iifname ${HOST} ip saddr ${HOST_ADDRESS} accept`,
      `iifname ${ROUTERS} ip saddr ${IDENTITY_RANGE} ip daddr ${METADATA_ADDRESS} tcp dport 80 accept`,
      `iifname ${ROUTERS} ip saddr ${EXTERNAL_RANGE} ip daddr ${MIRROR_ADDRESS} tcp dport 80 accept`,
      `iifname ${ROUTERS} ip daddr ${MIRROR_ADDRESS} icmp type echo-request accept`,
      "jump refuse",
    ]),
    block("chain output", [
      "type filter hook output priority filter; policy accept;",
      `oifname ${HOST} ct state new drop`,
    ]),
    block("chain refuse", ["meta l4proto tcp reject with tcp reset", "reject with icmp admin-prohibited"]),
  ]);
}

/**
 * The only table in the host's namespace. A user of the API can become root in every machine, so only the host's root may use
 * it. Packets that the host forwards, for example for containers, do not reach the edge.
 */
export function hostRuleset(): string {
  const link = quoted(HOST_LINK);
  return table(HOST_TABLE, [
    block("chain output", [
      "type filter hook output priority filter; policy accept;",
      `oifname ${link} ip daddr ${API_ADDRESS} tcp dport ${API_PORT} meta skuid != 0 reject with tcp reset`,
    ]),
    block("chain forward", [
      "type filter hook forward priority filter; policy accept;",
      `oifname ${link} reject with icmp admin-prohibited`,
    ]),
  ]);
}

/** Sysctls of a namespace that forwards packets: only IPv4, without rp_filter, because its firewall checks source addresses. */
export const ROUTER_SYSCTLS: Record<string, number> = {
  "net.ipv4.ip_forward": 1,
  "net.ipv4.conf.all.rp_filter": 0,
  "net.ipv4.conf.default.rp_filter": 0,
  "net.ipv4.conf.all.send_redirects": 0,
  "net.ipv4.conf.default.send_redirects": 0,
  "net.ipv4.conf.all.accept_redirects": 0,
  "net.ipv4.conf.default.accept_redirects": 0,
  "net.ipv6.conf.all.disable_ipv6": 1,
  "net.ipv6.conf.default.disable_ipv6": 1,
};

/** Inotify instances that all users of the machines may have: each machine's systemd and journald need about 14 of them. */
const INOTIFY_INSTANCES = 1024;

/** All machines share the limit of this host's root, and the kernel's default of 128 ends at nine machines. */
function raiseInotifyLimit(): void {
  const file = "/proc/sys/fs/inotify/max_user_instances";
  if (Number(readFileSync(file, "utf8")) < INOTIFY_INSTANCES) writeFileSync(file, String(INOTIFY_INSTANCES));
}

/**
 * Makes the edge's namespace and the host's link to it. May be repeated. Must run in the host's namespace, as root.
 * Throws when the host has another route for the cloud's addresses.
 */
export async function setupEdge(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("Making the local cloud's networks needs root.");
  const foreign = await foreignRoutes();
  if (foreign.length > 0) throw new Error(foreign.join("\n"));
  removeStaleNames();
  raiseInotifyLimit();
  await loadBridgeFilter();
  if (!namespaceExists(EDGE)) {
    // A link without the namespace leads to a nameless one, which a process of an earlier cloud keeps alive.
    await deleteLink(undefined, HOST_LINK);
    await ipBatch(undefined, [`netns add ${EDGE}`]);
  }
  await setSysctls(EDGE, ROUTER_SYSCTLS);
  // The rules come before the link, so that there is no moment in which machines reach the host, or any user the API.
  await nftLoad(EDGE, edgeRuleset());
  await nftLoad(undefined, hostRuleset());
  if (!(await hasLink(undefined, HOST_LINK))) {
    const edgeEnd = `name ${EDGE_HOST_LINK} mtu ${MTU} netns ${EDGE}`;
    await ipBatch(undefined, [
      `link add ${HOST_LINK} mtu ${MTU} type veth peer ${edgeEnd}`,
      `link set ${HOST_LINK} addrgenmode none`,
    ]);
  }
  const addresses = [API_ADDRESS, MIRROR_ADDRESS, METADATA_ADDRESS, ...PROBE_ADDRESSES];
  await ipBatch(EDGE, [
    "link set lo up",
    ...addresses.map((address) => `address replace ${address}/32 dev lo`),
    `link set ${EDGE_HOST_LINK} up`,
    `address replace ${API_ADDRESS}/32 peer ${HOST_ADDRESS}/32 dev ${EDGE_HOST_LINK}`,
  ]);
  await ipBatch(undefined, [
    `link set ${HOST_LINK} up`,
    `address replace ${HOST_ADDRESS}/32 peer ${API_ADDRESS}/32 dev ${HOST_LINK}`,
    ...ROUTED.map((range) => `route replace ${range} via ${API_ADDRESS} dev ${HOST_LINK}`),
  ]);
}

/** The ranges that the host routes to the edge, besides the edge's address on the link. */
const ROUTED = [`${MIRROR_ADDRESS}/32`, EXTERNAL_POOL_RANGE];

interface Route {
  dst: string;
  dev?: string;
  /** "local" for an address of the host. */
  type?: string;
}

/** A message for each range of the cloud that the host uses otherwise, with the command that frees it. */
export async function foreignRoutes(): Promise<string[]> {
  const problems = new Map<string, string>();
  for (const range of [`${HOST_ADDRESS}/32`, `${API_ADDRESS}/32`, ...ROUTED]) {
    const covering = await ipJson<Route>(undefined, ["-4", "route", "show", "match", range]);
    const within = await ipJson<Route>(undefined, ["-4", "route", "show", "table", "all", "root", range]);
    const foreign = [...covering, ...within].find((route) => route.dst !== "default" && route.dev !== HOST_LINK);
    if (!foreign) continue;
    const { dst, dev, type } = foreign;
    const how = type === "local" ? `ip address del ${dst} dev ${dev}` : `ip route del ${dst}`;
    problems.set(
      dst,
      `this host uses ${dst}${dev ? ` on ${dev}` : ""}, and the local cloud needs ${range}: run \`${how}\` before it starts`,
    );
  }
  return [...problems.values()];
}
