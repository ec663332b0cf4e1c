/** The fabric: makes machines and networks. Runs in the edge namespace, as root. */

import { existsSync, mkdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Fabric, FabricMachine, FabricState } from "./contract";
import { consoleLog } from "./container";
import { EDGE, machinesDirectory, NETNS_DIR } from "./names";
import { Machines } from "./machines";
import { inNamespace } from "./namespaces";
import { Networks } from "./networks";
import { Serial } from "./serial";

export { foreignRoutes, setupEdge } from "./edge";
export { teardown } from "./teardown";

export interface FabricOptions {
  /** Machines' disks and process records are in its directory `machines/`. It must not be on tmpfs or overlayfs. */
  stateDir: string;
  /** The directory of the machine images. */
  imageDir: string;
  log: (line: string) => void;
}

/**
 * The command line that starts `command` in the edge namespace. Not with `ip netns exec`: it makes a new mount namespace, in
 * which the network namespaces that the process makes would be invisible to others.
 */
export function edgeCommand(command: readonly string[]): string[] {
  return inNamespace(EDGE, command);
}

/** Opens the fabric, and takes over machines that run. Throws when this process is not in the edge namespace. */
export async function createFabric({ stateDir, imageDir, log }: FabricOptions): Promise<Fabric> {
  requireEdge();
  mkdirSync(machinesDirectory(stateDir), { recursive: true, mode: 0o700 });
  const serial = new Serial();
  const networks = new Networks();
  const machines = new Machines({ stateDir, imageDir, log, networks, serial });
  await machines.adopt();
  return {
    converge: (state: FabricState) =>
      serial.run(async () => {
        await networks.converge(state);
        await machines.converge(state);
      }),
    boot: (machine: FabricMachine) => machines.boot(machine),
    halt: (machineId, options) => machines.halt(machineId, options?.force ?? false),
    erase: (machineId) => machines.erase(machineId),
    running: async () => machines.running(),
    console: (machineId) => readFile(consoleLog(stateDir, machineId)).catch(() => Buffer.alloc(0)),
    onExit: (listener) => machines.onExit(listener),
  };
}

function requireEdge(): void {
  const own = statSync("/proc/self/ns/net");
  const edge = join(NETNS_DIR, EDGE);
  if (existsSync(edge) && statSync(edge).ino === own.ino) return;
  throw new Error(
    `The fabric must run in the network namespace ${EDGE}: call setupEdge(), then start the process with edgeCommand().`,
  );
}
