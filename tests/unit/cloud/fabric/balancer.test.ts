import type { FabricLoadBalancer } from "../../../../local/cloud/fabric/contract";
import { balancerChains } from "../../../../local/cloud/fabric/balancer";
import { balancer, machine, state } from "./fixture";
import { addressesOf, balancersOf, networkOf } from "../../../../local/cloud/fabric/membership";

function chains(changes: Partial<FabricLoadBalancer> = {}): { choose: string[]; calls: string[] } {
  const [choose, calls] = balancerChains([balancer(changes)]);
  const inner = (lines: string[] | undefined) => lines!.slice(1, -1).map((line) => line.trim());
  return { choose: inner(choose), calls: inner(calls) };
}

it("calls a rule's chain for packets from outside with its address, protocol and ports", () => {
  expect(chains().calls[1]).toBe('iifname "edge" ip daddr 203.0.113.250 tcp dport 6443 jump balance_0');
  expect(chains({ ports: [8000, 8010] }).calls[1]).toContain("tcp dport 8000-8010");
});

it("spreads connections over the targets by their marks, whatever their order", () => {
  const { choose } = chains({ targets: [2, 1] });
  expect(choose.at(-1)).toMatch(/^ct mark set jhash .* mod 2 seed 0x[0-9a-f]+ map \{ 0 : 65537, 1 : 65538 \}$/);
  expect(choose).toEqual(chains({ targets: [1, 2] }).choose);
});

it("keeps an established connection with its member, and an attempt to connect only with a target", () => {
  const { choose } = chains({ targets: [2] });
  expect(choose[0]).toBe("tcp flags & (syn | ack | rst | fin) != syn ct mark != 0 return");
  expect(choose[1]).toBe("ct mark { 65538 } return");
  expect(chains({ protocol: "udp" }).choose[0]).toBe("ct state established ct mark != 0 return");
});

it.each([
  ["NONE", "ip saddr . th sport . ip daddr . th dport . ip protocol"],
  ["CLIENT_IP", "ip saddr . ip daddr"],
  ["CLIENT_IP_PROTO", "ip saddr . ip daddr . ip protocol"],
] as const)("hashes the fields of session affinity %s", (sessionAffinity, fields) => {
  expect(chains({ sessionAffinity }).choose.at(-1)).toContain(`jhash ${fields} mod`);
});

it("drops new connections when there is no target", () => {
  expect(chains({ targets: [] }).choose).toEqual([expect.stringContaining("return"), "drop"]);
});

it("routes only packets from the caller by the mark", () => {
  expect(chains().calls.at(-1)).toBe("ct direction original ct mark != 0 meta mark set ct mark");
});

describe("membership", () => {
  it("assigns a balancer to its first target's network, without members that are elsewhere or do not exist", () => {
    const machines = [machine(1), machine(2, { networkId: 2 })];
    const mixed = state({ machines, loadBalancers: [balancer({ members: [1, 2, 9], targets: [2, 9] })] });
    expect(networkOf(mixed, mixed.loadBalancers[0]!)).toBe(2);
    expect(balancersOf(mixed, 2)).toEqual([balancer({ members: [2], targets: [2] })]);
    expect(balancersOf(mixed, 1)).toEqual([]);
  });

  it("finds no network for a balancer without machines", () => {
    expect(networkOf(state({ machines: [] }), balancer())).toBeUndefined();
  });

  it("lists each address of a machine once", () => {
    const twice = state({ loadBalancers: [balancer(), balancer({ ports: [80, 80] }), balancer({ members: [2] })] });
    expect(addressesOf(twice, 1)).toEqual(["203.0.113.250"]);
    expect(addressesOf(twice, 3)).toEqual([]);
  });
});
