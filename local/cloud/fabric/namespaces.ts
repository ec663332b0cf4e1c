/**
 * Commands in network namespaces.
 *
 * Always with `nsenter --net`, never with `ip netns exec` or `ip -n`: these two also make a new mount namespace, and a network
 * namespace that is named there is invisible to other processes.
 */

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { NETNS_DIR, PREFIX } from "./names";
import { CommandError, run } from "../run";

/** The command line that runs `command` in a named network namespace. */
export function inNamespace(namespace: string, command: readonly string[]): string[] {
  return ["nsenter", `--net=${join(NETNS_DIR, namespace)}`, "--", ...command];
}

/** Runs a command in a named network namespace, or in this process's namespace when that is undefined. */
export function runIn(namespace: string | undefined, command: readonly string[], input?: string): Promise<string> {
  const [program, ...args] = namespace === undefined ? command : inNamespace(namespace, command);
  return run(program!, args, { input });
}

/** Runs many `ip` commands, given without the word `ip`, in one process. Stops at the first that fails; the error names it. */
export async function ipBatch(namespace: string | undefined, commands: readonly string[]): Promise<void> {
  if (commands.length === 0) return;
  try {
    await runIn(namespace, ["ip", "-batch", "-"], commands.join("\n") + "\n");
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const line = /^Command failed -:(\d+)/m.exec(error.stderr)?.[1];
    if (!line) throw error;
    const message = error.stderr.replace(/^Command failed.*$/m, "").trim();
    throw new Error(
      `\`ip ${commands[Number(line) - 1]}\` failed in ${namespace ?? "the namespace of this process"}: ${message}`,
      { cause: error },
    );
  }
}

/** The list that `ip -json …` prints. */
export async function ipJson<T>(namespace: string | undefined, command: readonly string[]): Promise<T[]> {
  const text = await runIn(namespace, ["ip", "-json", ...command]);
  return text.trim() === "" ? [] : (JSON.parse(text) as T[]);
}

/** Loads a ruleset: all of it or, when it has an error, nothing. */
export async function nftLoad(namespace: string | undefined, ruleset: string): Promise<void> {
  await runIn(namespace, ["nft", "--file", "-"], ruleset);
}

/** Sets kernel settings of a namespace. Skips those that the kernel does not have, for example without IPv6. */
export async function setSysctls(namespace: string | undefined, settings: Record<string, number>): Promise<void> {
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await runIn(namespace, ["sysctl", "--quiet", "--ignore", "--write", ...pairs]);
}

export function namespaceExists(namespace: string): boolean {
  return namespaces().includes(namespace);
}

/** Names of the fabric's namespaces on this host. Omits stale names (see `removeStaleNames`). */
export function namespaces(): string[] {
  if (!existsSync(NETNS_DIR)) return [];
  const mounted = mountPoints();
  return readdirSync(NETNS_DIR).filter((name) => name.startsWith(PREFIX) && mounted.has(join(NETNS_DIR, name)));
}

/** Removes names that are not mounted, which cannot be used again. A crash of a host that keeps /run leaves them. */
export function removeStaleNames(): void {
  const living = namespaces();
  for (const name of existsSync(NETNS_DIR) ? readdirSync(NETNS_DIR) : []) {
    if (name.startsWith(PREFIX) && !living.includes(name)) rmSync(join(NETNS_DIR, name), { force: true });
  }
}

/** Mount points of this process's mount namespace, with symbolic links resolved: /run/netns, not /var/run/netns. */
export function mountPoints(): Set<string> {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const unescape = (text: string) =>
    text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return new Set(lines.flatMap((line) => (line.split(" ")[4] ? [unescape(line.split(" ")[4]!)] : [])));
}
