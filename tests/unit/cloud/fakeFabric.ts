import type { Fabric, FabricMachine, FabricState } from "../../../local/cloud/fabric/contract";

/** Machines that are only remembered; every call is recorded, and each step can be held up or made to fail. */
export class FakeFabric implements Fabric {
  readonly calls: string[] = [];
  converged: FabricState = { networks: [], machines: [], loadBalancers: [] };
  readonly machines = new Set<number>();
  private listener: (machineId: number) => void = () => undefined;
  /** Runs before a call takes effect: may wait, or throw. */
  before: (call: string) => Promise<void> | void = () => undefined;

  private async note(call: string): Promise<void> {
    this.calls.push(call);
    await this.before(call);
  }

  async converge(state: FabricState): Promise<void> {
    await this.note("converge");
    this.converged = state;
  }

  async boot(machine: FabricMachine): Promise<void> {
    await this.note(`boot ${machine.id}`);
    if (!this.converged.machines.some(({ id }) => id === machine.id)) throw new Error(`no network for ${machine.id}`);
    if (this.machines.has(machine.id)) throw new Error(`machine ${machine.id} runs already`);
    this.machines.add(machine.id);
  }

  async halt(machineId: number, options: { force?: boolean } = {}): Promise<void> {
    await this.note(`halt ${machineId}${options.force ? " force" : ""}`);
    this.machines.delete(machineId);
  }

  async erase(machineId: number): Promise<void> {
    await this.note(`erase ${machineId}`);
    this.machines.delete(machineId);
  }

  running(): Promise<Set<number>> {
    return Promise.resolve(new Set(this.machines));
  }

  onExit(listener: (machineId: number) => void): void {
    this.listener = listener;
  }

  /** The machine goes off by itself. */
  powerOff(machineId: number): void {
    this.machines.delete(machineId);
    this.listener(machineId);
  }
}
