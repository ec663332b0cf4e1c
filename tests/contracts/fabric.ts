/**
 * What every fabric must do, whether it makes real machines or only remembers them: one suite for both. It asks nothing but
 * the contract (local/cloud/fabric/contract.ts); a host lets it do what a machine's user, or an accident, would.
 */

import type { Fabric, FabricMachine, FabricNetwork, FabricState } from "../../local/cloud/fabric/contract";

/** Where a fabric's machines run. They outlive the fabric, as machines outlive the local cloud's daemon. */
export interface FabricHost {
  /** A fabric over this host's machines. After `crash`, a new one that knows only what can be seen. */
  open(): Promise<Fabric> | Fabric;
  /** Ends the fabric as SIGKILL ends its process. */
  crash(): Promise<void> | void;
  /** Ends a machine without a call of the fabric. */
  kill(machineId: number): Promise<void> | void;
  /** Leaves a text on the disk of a running machine. */
  store(machineId: number, text: string): Promise<void> | void;
  /** The text on the disk of a running machine; empty when nothing was stored since the disk was made. */
  stored(machineId: number): Promise<string> | string;
  /** Writes to the console of a running machine, as the machine does. */
  print(machineId: number, text: string): Promise<void> | void;
}

const NETWORK: FabricNetwork = {
  id: 1,
  name: "net",
  subnets: [{ name: "nodes", cidr: "10.240.0.0/24", gateway: "10.240.0.1" }],
  firewalls: [],
  routes: [],
};

function machine(id: number, changes: Partial<FabricMachine> = {}): FabricMachine {
  return {
    id,
    name: `node-${id}`,
    networkId: NETWORK.id,
    internalIp: `10.240.0.${9 + id}`,
    tags: [],
    canIpForward: false,
    cpus: 2,
    memoryMiB: 512,
    image: "debian-12",
    ...changes,
  };
}

const one = machine(1);
const two = machine(2);
const state = (machines: FabricMachine[] = [one, two]): FabricState => ({
  networks: [NETWORK],
  machines,
  loadBalancers: [],
});
/** The network with a route for each next hop. All routes have the same range and priority. */
const routed = (nextHops: (number | undefined)[], machines = [machine(1, { canIpForward: true }), two]) => ({
  ...state(machines),
  networks: [
    { ...NETWORK, routes: nextHops.map((nextHop) => ({ destRange: "10.200.1.0/24", priority: 1000, nextHop })) },
  ],
});
const nothing: FabricState = { networks: [], machines: [], loadBalancers: [] };

/** Registers the suite's tests. `host` starts without machines and networks, and is left without them. */
export function fabricContract(host: FabricHost): void {
  let fabric: Fabric;
  /** Machines of which `fabric` told that they stopped by themselves, in order. */
  let exits: number[];

  const open = async () => {
    fabric = await host.open();
    exits = [];
    fabric.onExit((id) => exits.push(id));
  };
  const running = async () => [...(await fabric.running())].sort();
  /** Resolves when the fabric tells of the next exit. */
  const nextExit = () => new Promise<number>((resolve) => fabric.onExit(resolve));

  const removeAll = async () => {
    for (const id of [one.id, two.id]) await fabric.erase(id);
    await fabric.converge(nothing);
  };
  beforeAll(open);
  beforeEach(async () => {
    await removeAll();
    exits = [];
    await fabric.converge(state());
  });
  afterAll(removeAll);

  describe("boot", () => {
    it("starts a machine, and leaves others as they are", async () => {
      await fabric.boot(one);
      expect(await running()).toEqual([1]);
      await fabric.boot(two);
      expect(await running()).toEqual([1, 2]);
    });

    it("does nothing to a machine that runs already", async () => {
      await fabric.boot(one);
      await host.print(1, "still the first boot");
      await fabric.boot(one);
      expect(await running()).toEqual([1]);
      expect(String(await fabric.console(1))).toContain("still the first boot");
      expect(exits).toEqual([]);
    });

    it("refuses a machine whose network has not converged", async () => {
      await expect(fabric.boot(machine(1, { networkId: 7 }))).rejects.toThrow(/network 7 .*node-1/);
      await fabric.converge(nothing);
      await expect(fabric.boot(one)).rejects.toThrow(/network 1 .*node-1/);
      expect(await running()).toEqual([]);
    });

    it("refuses a machine whose address is in no subnetwork", async () => {
      await expect(fabric.boot(machine(1, { internalIp: "10.9.9.9" }))).rejects.toThrow("10.9.9.9");
      expect(await running()).toEqual([]);
    });

    it("refuses a machine whose image is unknown", async () => {
      await expect(fabric.boot(machine(1, { image: "windows-95" }))).rejects.toThrow("windows-95");
      expect(await running()).toEqual([]);
    });

    it("succeeds after a refusal", async () => {
      await expect(fabric.boot(machine(1, { image: "windows-95" }))).rejects.toThrow("windows-95");
      await fabric.boot(one);
      expect(await running()).toEqual([1]);
    });
  });

  describe("halt", () => {
    it.each([{ force: false }, { force: true }])("stops a machine and keeps its disk (%j)", async (options) => {
      await fabric.boot(one);
      await fabric.boot(two);
      await host.store(1, "kept");
      await fabric.halt(1, options);
      expect(await running()).toEqual([2]);
      await fabric.boot(one);
      expect(await host.stored(1)).toBe("kept");
    });

    it("succeeds when the machine does not run", async () => {
      await fabric.halt(1);
      await fabric.halt(1, { force: true });
      expect(await running()).toEqual([]);
    });
  });

  describe("erase", () => {
    it("stops a machine and removes its disk, and leaves others as they are", async () => {
      await fabric.boot(one);
      await fabric.boot(two);
      await host.store(1, "lost");
      await host.store(2, "kept");
      await fabric.erase(1);
      expect(await running()).toEqual([2]);
      await fabric.boot(one);
      expect(await host.stored(1)).toBe("");
      expect(await host.stored(2)).toBe("kept");
    });

    it("removes the disk of a machine that does not run", async () => {
      await fabric.boot(one);
      await host.store(1, "lost");
      await fabric.halt(1, { force: true });
      await fabric.erase(1);
      await fabric.boot(one);
      expect(await host.stored(1)).toBe("");
    });

    it("succeeds when there is no machine", async () => {
      await fabric.erase(1);
      await fabric.erase(1);
      expect(await running()).toEqual([]);
    });
  });

  describe("order", () => {
    it("carries out calls for one machine in the order in which they were made", async () => {
      await Promise.all([fabric.boot(one), fabric.halt(1, { force: true })]);
      expect(await running()).toEqual([]);
      await Promise.all([fabric.boot(one), fabric.halt(1, { force: true }), fabric.boot(one)]);
      expect(await running()).toEqual([1]);
      await Promise.all([fabric.erase(1), fabric.boot(two)]);
      expect(await running()).toEqual([2]);
    });

    it("ends with the state that was given last", async () => {
      await Promise.all([fabric.converge(nothing), fabric.converge(state())]);
      await fabric.boot(one);
      await fabric.erase(1);
      await Promise.all([fabric.converge(state()), fabric.converge(nothing)]);
      await expect(fabric.boot(one)).rejects.toThrow(/network 1/);
    });
  });

  describe("converge", () => {
    it("may be repeated, and leaves machines running", async () => {
      await fabric.boot(one);
      await fabric.converge(state());
      await fabric.converge(state([one]));
      expect(await running()).toEqual([1]);
      expect(exits).toEqual([]);
    });
  });

  describe("routes", () => {
    it.each([
      ["no machine", [undefined]],
      ["a machine that does not exist", [9]],
      ["a machine that does not run", [1]],
      ["a machine that may not forward", [2]],
      ["several machines", [1, 2, undefined]],
    ])("may lead to %s, and leave machines running when they change", async (_what, nextHops) => {
      await fabric.converge(routed(nextHops));
      await fabric.boot(machine(1, { canIpForward: true }));
      await fabric.boot(two);
      await fabric.converge(routed([...nextHops, 1, 2]));
      await fabric.converge(routed(nextHops, [one, machine(2, { canIpForward: true })]));
      await fabric.converge(state());
      expect(await running()).toEqual([1, 2]);
      expect(exits).toEqual([]);
    });
  });

  describe("onExit", () => {
    it("tells of a machine that stops by itself, which can be booted again with its disk", async () => {
      await fabric.boot(one);
      await fabric.boot(two);
      await host.store(1, "kept");
      const exit = nextExit();
      await host.kill(1);
      expect(await exit).toBe(1);
      expect(await running()).toEqual([2]);
      await fabric.boot(one);
      expect(await running()).toEqual([1, 2]);
      expect(await host.stored(1)).toBe("kept");
      expect(exits).toEqual([1]);
    });

    it("tells every listener", async () => {
      await fabric.boot(one);
      const listeners = [nextExit(), nextExit()];
      await host.kill(1);
      expect(await Promise.all(listeners)).toEqual([1, 1]);
    });

    it("does not tell of a machine that was halted or erased", async () => {
      for (const end of [() => fabric.halt(1), () => fabric.halt(1, { force: true }), () => fabric.erase(1)]) {
        await fabric.boot(one);
        await end();
      }
      // The next exit is told after all that came before it.
      await fabric.boot(two);
      const exit = nextExit();
      await host.kill(2);
      await exit;
      expect(exits).toEqual([2]);
    });
  });

  describe("console", () => {
    it("has what a machine wrote since its last boot", async () => {
      await fabric.boot(one);
      await host.print(1, "first boot");
      expect(String(await fabric.console(1))).toContain("first boot");
      await fabric.halt(1, { force: true });
      expect(String(await fabric.console(1))).toContain("first boot");
      await fabric.boot(one);
      await host.print(1, "second boot");
      const text = String(await fabric.console(1));
      expect(text).toContain("second boot");
      expect(text).not.toContain("first boot");
    });

    it("is empty for a machine that has no disk", async () => {
      expect(await fabric.console(1)).toEqual(Buffer.alloc(0));
      await fabric.boot(one);
      await host.print(1, "gone with the disk");
      await fabric.erase(1);
      expect(await fabric.console(1)).toEqual(Buffer.alloc(0));
    });
  });

  describe("a new owner", () => {
    const takeOver = async () => {
      await host.crash();
      await open();
    };

    it("finds the machines that run, before it has converged", async () => {
      await fabric.boot(one);
      await fabric.boot(two);
      await fabric.halt(2, { force: true });
      await takeOver();
      expect(await running()).toEqual([1]);
    });

    it("boots, halts and erases what an earlier owner made, and tells when it stops by itself", async () => {
      await fabric.boot(one);
      await fabric.boot(two);
      await host.store(1, "kept");
      await takeOver();
      await fabric.converge(state());
      const exit = nextExit();
      await host.kill(1);
      expect(await exit).toBe(1);
      await fabric.boot(one);
      expect(await host.stored(1)).toBe("kept");
      await fabric.halt(2);
      await fabric.erase(1);
      expect(await running()).toEqual([]);
    });

    it("boots nothing before it has converged", async () => {
      await takeOver();
      await expect(fabric.boot(one)).rejects.toThrow(/network 1 .*node-1/);
    });
  });
}
