import { fabricContract, type FabricHost } from "../../../contracts/fabric";
import { FakeFabric, FakeMachines } from "../fakeFabric";

class FakeHost implements FabricHost {
  private readonly machines = new FakeMachines();
  private fabric!: FakeFabric;

  open(): FakeFabric {
    this.fabric = new FakeFabric(this.machines);
    return this.fabric;
  }

  crash(): void {
    // The machines are all that is left.
  }

  kill(machineId: number): void {
    this.fabric.powerOff(machineId);
  }

  store(machineId: number, text: string): void {
    this.disk(machineId).stored = text;
  }

  stored(machineId: number): string {
    return this.disk(machineId).stored;
  }

  print(machineId: number, text: string): void {
    this.disk(machineId).console += text;
  }

  private disk(machineId: number) {
    if (!this.machines.running.has(machineId)) throw new Error(`machine ${machineId} does not run`);
    return this.machines.disks.get(machineId)!;
  }
}

describe("the fake fabric of the unit tests", () => fabricContract(new FakeHost()));
