/** Kernel modules that machines cannot load. */

import { existsSync, readdirSync } from "node:fs";

import { run } from "../run";
import { setSysctls } from "./namespaces";

const SETTINGS = "/proc/sys/net/bridge";

/**
 * Loads `br_netfilter`, which nftables in a machine needs to see packets between its containers. The kernel loads all other modules
 * when a machine first uses them. The module also changes the host's own bridges, unless its settings forbid that. Does nothing on a
 * host that has the module, or that has no modules; there, machines have the settings only if the kernel contains them.
 */
export async function loadBridgeFilter(): Promise<void> {
  if (existsSync(SETTINGS)) return;
  await run("modprobe", ["--quiet", "br_netfilter"]).catch(() => undefined);
  if (!existsSync(SETTINGS)) return;
  const names = readdirSync(SETTINGS).filter((name) => name.startsWith("bridge-nf-call-"));
  await setSysctls(undefined, Object.fromEntries(names.map((name) => [`net.bridge.${name}`, 0])));
}
