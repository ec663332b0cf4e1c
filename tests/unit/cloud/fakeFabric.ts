import type { Fabric, FabricMachine, FabricState } from "../../../local/cloud/fabric/contract";
import { Serial } from "../../../local/cloud/fabric/serial";
import { gatewayFor } from "../../../local/cloud/fabric/wire";
import { IMAGE } from "../../../local/cloud/image/recipe";

/** What outlives a fake fabric: the ids of machines that run, and disks by machine. */
export class FakeMachines {
  readonly running = new Set<number>();
  readonly disks = new Map<number, { stored: string; console: string }>();
}

/**
 * A fabric that only remembers its machines. It passes the same suite as the real one (tests/contracts/fabric.ts). It records
 * every call, and a test can delay a call or make it fail.
 */
export class FakeFabric implements Fabric {
  readonly calls: string[] = [];
  converged: FabricState = { networks: [], machines: [], loadBalancers: [] };
  private readonly listeners: ((machineId: number) => void)[] = [];
  private readonly queues = new Map<string, Serial>();
  /** Runs before a call takes effect. May wait, or throw. */
  before: (call: string) => Promise<void> | void = () => undefined;

  constructor(private readonly host = new FakeMachines()) {}

  /** Ids of the machines that run. */
  get machines(): Set<number> {
    return this.host.running;
  }

  private async inTurn(queue: string, call: string, step: () => void): Promise<void> {
    this.calls.push(call);
    const serial = this.queues.get(queue) ?? new Serial();
    this.queues.set(queue, serial);
    await serial.run(async () => {
      await this.before(call);
      step();
    });
  }

  converge(state: FabricState): Promise<void> {
    return this.inTurn("converge", "converge", () => (this.converged = state));
  }

  boot(machine: FabricMachine): Promise<void> {
    const { id, networkId, image } = machine;
    return this.inTurn(`machine ${id}`, `boot ${id}`, () => {
      if (this.machines.has(id)) return;
      gatewayFor(
        machine,
        this.converged.networks.find((network) => network.id === networkId),
      );
      if (image !== IMAGE) throw new Error(`the image "${image}" is unknown`);
      this.machines.add(id);
      this.host.disks.set(id, { stored: "", ...this.host.disks.get(id), console: "" });
    });
  }

  halt(machineId: number, options: { force?: boolean } = {}): Promise<void> {
    return this.inTurn(`machine ${machineId}`, `halt ${machineId}${options.force ? " force" : ""}`, () => {
      this.machines.delete(machineId);
    });
  }

  erase(machineId: number): Promise<void> {
    return this.inTurn(`machine ${machineId}`, `erase ${machineId}`, () => {
      this.machines.delete(machineId);
      this.host.disks.delete(machineId);
    });
  }

  running(): Promise<Set<number>> {
    return Promise.resolve(new Set(this.machines));
  }

  console(machineId: number): Promise<Buffer> {
    return Promise.resolve(Buffer.from(this.host.disks.get(machineId)?.console ?? ""));
  }

  onExit(listener: (machineId: number) => void): void {
    this.listeners.push(listener);
  }

  /** The machine stops by itself. */
  powerOff(machineId: number): void {
    this.machines.delete(machineId);
    this.listeners.forEach((listener) => listener(machineId));
  }
}
