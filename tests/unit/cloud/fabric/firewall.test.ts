import type { FabricFirewall } from "../../../../local/cloud/fabric/contract";
import { firewall, machine, network } from "./fixture";
import { firewallChains } from "../../../../local/cloud/fabric/firewall";

const machines = [machine(1), machine(2, { tags: ["web", "client"] }), machine(3, { tags: [] })];

/** The lines of one of the chains. */
function chain(name: "egress" | "ingress", firewalls: FabricFirewall[]): string[] {
  const chains = firewallChains(network({ firewalls }), machines);
  const found = chains.find(([head]) => head === `chain ${name} {`)!;
  return found.slice(1, -1).map((line) => line.trim());
}

it("allows egress and denies ingress by default", () => {
  expect(chain("egress", [])).toEqual(["return"]);
  expect(chain("ingress", [])).toEqual(["drop"]);
});

it("writes a rule for all sources and targets without conditions on addresses or links", () => {
  const expected = 'meta l4proto 6 th dport { 80 } return comment "web"';
  expect(chain("ingress", [firewall()])).toEqual([expected, "drop"]);
});

it("limits a rule to machines with its target tags", () => {
  const rules = chain("ingress", [firewall({ targetTags: ["client", "nobody"] })]);
  expect(rules[0]).toBe('oifname { "hw-vm-2" } meta l4proto 6 th dport { 80 } return comment "web"');
  expect(chain("ingress", [firewall({ targetTags: ["nobody"] })])).toEqual(["drop"]);
});

it("matches the sender's range or its tag", () => {
  const rules = chain("ingress", [firewall({ sourceRanges: ["192.0.2.0/24"], sourceTags: ["web"] })]);
  expect(rules).toEqual([
    'ip saddr { 192.0.2.0-192.0.2.255 } meta l4proto 6 th dport { 80 } return comment "web"',
    'iifname . ip saddr { "hw-vm-1" . 10.240.0.10, "hw-vm-2" . 10.240.0.11 } meta l4proto 6 th dport { 80 } return comment "web"',
    "drop",
  ]);
});

it("matches no sender without ranges and tags, or with only IPv6 ranges", () => {
  expect(chain("ingress", [firewall({ sourceRanges: [] })])).toEqual(["drop"]);
  expect(chain("ingress", [firewall({ sourceRanges: ["::/0"] })])).toEqual(["drop"]);
  expect(chain("ingress", [firewall({ sourceRanges: [], sourceTags: ["nobody"] })])).toEqual(["drop"]);
});

it("orders rules by priority, and deny before allow", () => {
  const rules = chain("ingress", [
    firewall({ name: "late", priority: 2000 }),
    firewall({ name: "a-allow" }),
    firewall({ name: "z-deny", action: "deny" }),
    firewall({ name: "first", priority: 0 }),
  ]);
  const names = rules.map((rule) => /comment "(.*)"/.exec(rule)?.[1]);
  expect(names).toEqual(["first", "z-deny", "a-allow", "late", undefined]);
  expect(rules[1]).toContain(" drop ");
});

it("matches destination ranges and sending machines for egress", () => {
  const destinationRanges = ["192.0.2.0/24"];
  const to = { direction: "EGRESS" as const, sourceRanges: [], destinationRanges };
  const deny = firewall({ ...to, action: "deny", targetTags: ["client"] });
  expect(chain("egress", [deny])[0]).toBe(
    'iifname { "hw-vm-2" } ip daddr { 192.0.2.0-192.0.2.255 } meta l4proto 6 th dport { 80 } drop comment "web"',
  );
  expect(chain("ingress", [deny])).toEqual(["drop"]);
});

it("also matches the target's own side when the rule has ranges for it", () => {
  const [source, destination] = ["10.200.1.0/24", "10.200.2.0/24"];
  const both = { sourceRanges: [source], destinationRanges: [destination] };
  const tcp = 'meta l4proto 6 th dport { 80 } return comment "web"';
  expect(chain("ingress", [firewall({ ...both, sourceTags: ["client"] })])).toEqual([
    `ip saddr { 10.200.1.0-10.200.1.255 } ip daddr { 10.200.2.0-10.200.2.255 } ${tcp}`,
    `iifname . ip saddr { "hw-vm-2" . 10.240.0.11 } ip daddr { 10.200.2.0-10.200.2.255 } ${tcp}`,
    "drop",
  ]);
  expect(chain("egress", [firewall({ ...both, direction: "EGRESS" })])[0]).toBe(
    `ip daddr { 10.200.2.0-10.200.2.255 } ip saddr { 10.200.1.0-10.200.1.255 } ${tcp}`,
  );
  expect(chain("ingress", [firewall({ destinationRanges: ["::/0"] })])).toEqual(["drop"]);
  expect(chain("egress", [firewall({ direction: "EGRESS", ...both, sourceRanges: ["::/0"] })])).toEqual(["return"]);
});

it.each([
  ["all", [], 'return comment "web"'],
  ["icmp", [], 'meta l4proto 1 return comment "web"'],
  ["ipip", [], 'meta l4proto 94 return comment "web"'],
  ["47", [], 'meta l4proto 47 return comment "web"'],
  ["udp", [], 'meta l4proto 17 return comment "web"'],
  ["sctp", ["1-9"], 'meta l4proto 132 th dport { 1-9 } return comment "web"'],
])("writes protocol %s with ports %j", (protocol, ports, expected) => {
  expect(chain("ingress", [firewall({ protocols: [{ protocol, ports }] })])[0]).toBe(expected);
});

it("writes a rule for each protocol", () => {
  const protocols = ["tcp", "udp"].map((protocol) => ({ protocol, ports: ["53"] }));
  expect(chain("ingress", [firewall({ protocols })])).toHaveLength(3);
});
