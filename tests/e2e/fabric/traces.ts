/** Everything on the host that shows a fabric, to compare before and after the tests. */

import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

import { processIds } from "../../../lib/processes";
import { namespaces } from "../../../local/cloud/fabric/namespaces";
import { exec } from "./harness";

function directories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => [`${path}/${name}`, ...directories(`${path}/${name}`)]);
  } catch {
    return [];
  }
}

const lines = async (command: string[]) => (await exec(command)).output.split("\n").map((line) => line.trim());

/** The host's namespaces, links, addresses, routes, rules, nftables tables, mounts, control groups and what nspawn leaves. */
export async function traces(): Promise<Record<string, string[]>> {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return {
    namespaces: await lines(["ip", "netns"]),
    links: (await lines(["ip", "-oneline", "link"])).map((line) => line.split(":")[1]!.trim()),
    addresses: await lines(["ip", "-br", "-4", "address"]),
    routes: await lines(["ip", "-4", "route", "show", "table", "all"]),
    rules: await lines(["ip", "rule"]),
    tables: await lines(["nft", "list", "tables"]),
    mounts: mounts.filter((line) => !line.startsWith("overlay /var/lib/docker")),
    groups: directories("/sys/fs/cgroup").filter((path) => path.includes("hw-")),
    nspawn: directories("/run/systemd/nspawn").filter((path) => path.includes("hw-")),
    settings: [readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim()],
  };
}

/** The fabric's network namespaces, in the form of links in /proc/PID/ns. */
export function fabricNamespaces(): Set<string> {
  return new Set(namespaces().map((name) => `net:[${statSync(`/run/netns/${name}`).ino}]`));
}

/** Processes in one of the namespaces, or with one of the words in their command line. */
export function processesOf(inNamespaces: Set<string>, words: string[]): number[] {
  return processIds().filter((pid) => {
    if (pid === process.pid) return false;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return inNamespaces.has(readlinkSync(`/proc/${pid}/ns/net`)) || words.some((word) => command.includes(word));
    } catch {
      return false;
    }
  });
}
