/** All machines: boots, halts and erases them, and notices when one stops by itself. */

import { readdirSync } from "node:fs";

import type { FabricMachine, FabricState } from "./contract";
import { isPopulated, killCgroup, prepareCgroups, removeCgroups } from "./cgroups";
import { awaitInit, findProcess, forget, launch } from "./container";
import { prepareDisk, removeDisk } from "./disk";
import { hasLink } from "./links";
import { idIn, machineName, machinesDirectory, networkName } from "./names";
import { namespaceExists, namespaces } from "./namespaces";
import type { Networks } from "./networks";
import { isAlive, waitFor, type ProcessIdentity } from "../../../lib/processes";
import { powerOff } from "./power";
import { Serial, settled } from "./serial";
import { balance, cut, rewire, unwire, wire } from "./wire";

const KILL_MILLISECONDS = 10_000;
const WATCH_MILLISECONDS = 200;

interface Entry {
  /** Undefined while the machine boots. */
  process?: ProcessIdentity;
  /** Whether it was halted, or its end was noticed. Listeners are not called then. */
  isStopping: boolean;
  /** What this process has put into its namespace (see `wiring`); undefined when that is unknown. */
  wired?: string;
}

export interface MachinesOptions {
  stateDir: string;
  imageDir: string;
  log: (line: string) => void;
  networks: Networks;
  /** The queue for all changes of namespaces and links. */
  serial: Serial;
}

export class Machines {
  private readonly entries = new Map<number, Entry>();
  private readonly queues = new Map<number, Serial>();
  private readonly listeners: ((machineId: number) => void)[] = [];

  constructor(private readonly options: MachinesOptions) {}

  /** Takes over machines that an earlier process started, removes the rest of those that ended, and begins to watch. */
  async adopt(): Promise<void> {
    for (const id of this.known()) {
      const process = await findProcess(this.options.stateDir, id);
      if (process) this.entries.set(id, { process, isStopping: false });
    }
    const left = namespaces().flatMap((name) => idIn(name, "vm") ?? []);
    for (const id of left) if (!this.entries.has(id)) await this.clear(id);
    setInterval(() => this.watch(), WATCH_MILLISECONDS).unref();
  }

  /** Gives machines that run their links and load balancer addresses. Must be called in the shared queue. */
  async converge(state: FabricState): Promise<void> {
    const running = state.machines.filter((machine) => namespaceExists(machineName(machine.id)));
    await Promise.all(running.map((machine) => this.convergeOne(machine)));
  }

  private async convergeOne(machine: FabricMachine): Promise<void> {
    const entry = this.entries.get(machine.id);
    const wanted = this.wiring(machine);
    if (!entry || entry.wired === wanted) return;
    entry.wired = undefined;
    const isLinked = await hasLink(networkName(machine.networkId), machineName(machine.id));
    if (!isLinked) await rewire(machine, this.options.networks.wiringOf(machine));
    await balance(machine.id, this.options.networks.balancedAddressesOf(machine.id));
    entry.wired = wanted;
  }

  /** Everything on which a running machine's link and addresses depend, as text. */
  private wiring({ id, networkId }: FabricMachine): string {
    const { networks } = this.options;
    return JSON.stringify([networkId, networks.generationOf(networkId), networks.balancedAddressesOf(id)]);
  }

  boot(machine: FabricMachine): Promise<void> {
    return this.queue(machine.id).run(async () => {
      const { stateDir, imageDir, log, networks, serial } = this.options;
      const present = await findProcess(stateDir, machine.id);
      if (present) return awaitInit(stateDir, machine, present);
      await this.kill(machine.id);
      try {
        const [disk, groups] = await settled([
          prepareDisk(stateDir, imageDir, machine),
          prepareCgroups(machine, log),
          serial.run(async () => {
            await wire(machine, networks.wiringOf(machine), networks.balancedAddressesOf(machine.id));
            this.entries.set(machine.id, { isStopping: false, wired: this.wiring(machine) });
          }),
        ]);
        const process = await launch(stateDir, machine, disk, groups);
        this.entries.set(machine.id, { ...this.entries.get(machine.id), process, isStopping: false });
      } catch (error) {
        await this.kill(machine.id);
        throw error;
      }
    });
  }

  halt(id: number, force: boolean): Promise<void> {
    return this.queue(id).run(() => this.end(id, force));
  }

  erase(id: number): Promise<void> {
    return this.queue(id).run(async () => {
      await this.end(id, true);
      await removeDisk(this.options.stateDir, id);
    });
  }

  async running(): Promise<Set<number>> {
    const found = new Set<number>();
    for (const id of this.known()) {
      const process = await findProcess(this.options.stateDir, id);
      if (process) found.add(id);
    }
    return found;
  }

  onExit(listener: (machineId: number) => void): void {
    this.listeners.push(listener);
  }

  /** Ids of the machines that have a disk. */
  private known(): number[] {
    return readdirSync(machinesDirectory(this.options.stateDir)).map(Number).filter(Number.isInteger);
  }

  private queue(id: number): Serial {
    const queue = this.queues.get(id) ?? new Serial();
    this.queues.set(id, queue);
    return queue;
  }

  private async end(id: number, force: boolean): Promise<void> {
    const entry = this.entries.get(id);
    if (entry) entry.isStopping = true;
    const process = await findProcess(this.options.stateDir, id);
    if (process && !force) await powerOff(process);
    await this.kill(id);
  }

  /** Kills all processes of a machine and removes what they leave. The link is cut first, as when power fails. */
  private async kill(id: number): Promise<void> {
    if (await isPopulated(id)) {
      await this.options.serial.run(() => cut(id));
      await killCgroup(id);
      const isGone = await waitFor(async () => !(await isPopulated(id)), KILL_MILLISECONDS);
      if (!isGone)
        throw new Error(
          `Processes of machine ${id} still run after SIGKILL: see the network namespace ${machineName(id)}.`,
        );
    }
    await this.clear(id);
  }

  private async clear(id: number): Promise<void> {
    this.entries.delete(id);
    await forget(this.options.stateDir, id);
    await this.options.serial.run(() => unwire(id));
    await removeCgroups(id);
  }

  private watch(): void {
    for (const [id, entry] of this.entries) {
      if (!entry.process || entry.isStopping || isAlive(entry.process)) continue;
      entry.isStopping = true;
      void this.queue(id)
        // A boot that came first in the queue has cleaned up already, and its machine must not be killed.
        .run(async () => (this.entries.get(id) === entry ? this.kill(id) : undefined))
        .catch((error: Error) => this.options.log(error.message))
        .then(() => this.listeners.forEach((listener) => listener(id)));
    }
  }
}
