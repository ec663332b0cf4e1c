import { balancer, machine, network, state } from "./fixture";
import {
  edgeRoutes,
  machineRoutes,
  nextHopRoutes,
  routeChanges,
  routerRoutes,
  routeText,
  ruleChanges,
} from "../../../../local/cloud/fabric/routes";
import { gatewayFor } from "../../../../local/cloud/fabric/wire";

describe("the edge's routes", () => {
  it("lead each address in use to its network", () => {
    const machines = [machine(1), machine(2, { networkId: 2, externalIp: undefined })];
    const two = state({ machines, networks: [network(), network({ id: 2 })] });
    expect(edgeRoutes(two)).toEqual([
      "100.64.0.1 via 169.254.0.1 dev hw-net-1",
      "100.64.0.2 via 169.254.0.1 dev hw-net-2",
      "203.0.113.201 via 169.254.0.1 dev hw-net-1",
      "203.0.113.250 via 169.254.0.1 dev hw-net-1",
    ]);
  });

  it("list an address of several forwarding rules once, and no address of a network that does not exist", () => {
    const rules = [balancer(), balancer({ ports: [80, 80] })];
    expect(
      edgeRoutes(state({ loadBalancers: rules })).filter((route) => route.startsWith("203.0.113.250")),
    ).toHaveLength(1);
    expect(edgeRoutes(state({ networks: [] }))).toEqual([]);
  });
});

describe("changes", () => {
  // As `ip -json route show proto 188` prints them.
  const listed = [
    { type: "unicast", dst: "default", gateway: "169.254.0.2", dev: "edge", scope: "global", flags: ["onlink"] },
    { type: "blackhole", dst: "10.240.0.0/24", scope: "global", flags: [] },
  ];

  it("are empty when everything is there", () => {
    expect(routeChanges(listed.map(routeText), routerRoutes(network(), state(), []))).toEqual([]);
    const edge = { dst: "100.64.0.1", gateway: "169.254.0.1", dev: "hw-net-1", flags: ["onlink"] };
    expect(routeText(edge)).toBe(edgeRoutes(state())[0]);
  });

  it("add missing routes and delete others", () => {
    const subnets = [{ name: "other", cidr: "10.9.0.0/16", gateway: "10.9.0.1" }];
    expect(routeChanges(listed.slice(1).map(routeText), routerRoutes(network({ subnets }), state(), []))).toEqual([
      "route del blackhole 10.240.0.0/24 proto 188",
      "route replace blackhole 10.9.0.0/16 proto 188",
      "route replace default via 169.254.0.2 dev edge onlink proto 188",
    ]);
  });

  it("give each machine's mark one rule, and leave other rules alone", () => {
    const rule = (fwmark: string) => ({ priority: 1000, fwmark });
    const there = [{ priority: 0 }, rule("0x10001"), rule("0x10009"), { priority: 32766 }];
    expect(ruleChanges(there, network(), state())).toEqual([
      "rule del priority 1000 fwmark 65545 lookup 65545",
      "rule add priority 1000 fwmark 65538 lookup 65538",
    ]);
  });
});

describe("static routes", () => {
  const [one, two] = [machine(1, { canIpForward: true }), machine(2, { canIpForward: true })];
  const forwarding = state({ machines: [one, two, machine(3)] });
  const to = (destRange: string, nextHop?: number, priority = 1000) => ({ destRange, priority, nextHop });
  const links = ["lo", "edge", "hw-vm-1", "hw-vm-2", "hw-vm-3"];
  const last = 4294967295;
  /** The routes of a router besides those that it always has. */
  const made = (routes: ReturnType<typeof to>[], present = links, there = forwarding) =>
    routerRoutes(network({ routes, subnets: [] }), there, present).filter((route) => !route.startsWith("default"));

  it("lead to the next hop by priority, and are dropped last", () => {
    expect(made([to("10.200.1.0/24", 1), to("10.200.1.0/24", 2, 0), to("10.9.9.9/32", 1, 5)])).toEqual([
      "10.200.1.0/24 via 10.240.0.10 dev hw-vm-1 metric 1000",
      "10.200.1.0/24 via 10.240.0.11 dev hw-vm-2",
      "10.9.9.9 via 10.240.0.10 dev hw-vm-1 metric 5",
      `blackhole 10.200.1.0/24 metric ${last}`,
      `blackhole 10.9.9.9 metric ${last}`,
    ]);
  });

  it("are only dropped without a next hop in the network that runs and may forward", () => {
    const dropped = [`blackhole 10.200.1.0/24 metric ${last}`];
    expect(made([to("10.200.1.0/24")])).toEqual(dropped);
    expect(made([to("10.200.1.0/24", 3)])).toEqual(dropped);
    expect(made([to("10.200.1.0/24", 9)])).toEqual(dropped);
    expect(made([to("10.200.1.0/24", 1)], ["lo", "edge", "hw-vm-2"])).toEqual(dropped);
    const elsewhere = state({ machines: [machine(1, { canIpForward: true, networkId: 2 })] });
    expect(made([to("10.200.1.0/24", 1)], links, elsewhere)).toEqual(dropped);
  });

  it("come with the link of their next hop, and do not replace those of another one", () => {
    const routes = [to("10.200.1.0/24", 1), to("10.200.1.0/24", 2), to("10.200.1.0/24", 1)];
    expect(machineRoutes(one, nextHopRoutes(network({ routes }), one))).toEqual([
      "route replace 10.240.0.10 dev hw-vm-1 table main",
      "route replace default via 10.240.0.10 dev hw-vm-1 onlink table 65537",
      "route append 10.200.1.0/24 via 10.240.0.10 dev hw-vm-1 metric 1000 onlink proto 188",
    ]);
  });

  it("are found again in the list of routes", () => {
    const wanted = made([to("10.200.1.0/24", 1), to("10.200.2.0/24", 2, 0)]);
    const via = { type: "unicast", scope: "global", flags: ["onlink"] };
    const listed = [
      { ...via, dst: "10.200.1.0/24", gateway: "10.240.0.10", dev: "hw-vm-1", metric: 1000 },
      { type: "blackhole", dst: "10.200.1.0/24", scope: "global", metric: last, flags: [] },
      { ...via, dst: "10.200.2.0/24", gateway: "10.240.0.11", dev: "hw-vm-2" },
      { type: "blackhole", dst: "10.200.2.0/24", scope: "global", metric: last, flags: [] },
    ];
    expect(routeChanges(listed.map(routeText), wanted)).toEqual([]);
    expect(routeChanges(listed.map(routeText), wanted.slice(1))).toEqual([
      "route del 10.200.1.0/24 via 10.240.0.10 dev hw-vm-1 metric 1000 proto 188",
    ]);
  });
});

describe("a machine's gateway", () => {
  it("is that of its subnetwork", () => {
    expect(gatewayFor(machine(1), network())).toBe("10.240.0.1");
  });

  it("is an error when the network, or a subnetwork with the address, is missing", () => {
    expect(() => gatewayFor(machine(1), undefined)).toThrow("network 1 of the machine node-1");
    expect(() => gatewayFor(machine(1, { internalIp: "10.9.9.9" }), network())).toThrow("holds 10.9.9.9");
  });
});
