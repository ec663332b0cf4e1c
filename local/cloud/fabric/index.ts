/** The fabric: makes the machines and networks that the API decides on real. Runs in the edge namespace, as root. */

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
  /** Machines' disks and process records are kept in `machines/` here. Not on tmpfs or overlayfs. */
  stateDir: string;
  /** Where images are built. */
  imageDir: string;
  log: (line: string) => void;
}

/**
 * The command line that starts `command` in the edge namespace. By `nsenter --net`, and not by `ip netns exec`, whose mount
 * namespace of its own would hide the namespaces made by the process from everybody else.
 */
export function edgeCommand(command: readonly string[]): string[] {
  return inNamespace(EDGE, command);
}

/** Throws when this process is not in the edge namespace, or machines cannot be kept in `stateDir`. */
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
    `The fabric must run in the network namespace ${EDGE}: start the process by edgeCommand(), after setupEdge().`,
  );
}
