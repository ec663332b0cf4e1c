import { edgeRuleset } from "../../../../local/cloud/fabric/edge";
import { balancer, machine, network, state } from "./fixture";
import { routerRuleset } from "../../../../local/cloud/fabric/router";

const render = (changes: Parameters<typeof state>[0] = {}) => routerRuleset(network(), state(changes));

/** The elements of a named set or map. */
function elements(text: string, name: string): string[] {
  const found = new RegExp(`(?:set|map) ${name} \\{[^}]*?elements = \\{ ([^}]*) \\}`).exec(text);
  return found ? found[1]!.split(", ") : [];
}

it("replaces its table atomically", () => {
  const [declare, remove, define] = render().split("\n");
  expect([declare, remove, define]).toEqual(["table ip router", "delete table ip router", "table ip router {"]);
});

it("translates external and identity addresses both ways", () => {
  const text = render();
  expect(elements(text, "inbound")).toEqual([
    "203.0.113.201 : 10.240.0.10",
    "203.0.113.202 : 10.240.0.11",
    "100.64.0.1 : 10.240.0.10",
    "100.64.0.2 : 10.240.0.11",
  ]);
  expect(elements(text, "outbound")).toEqual(["10.240.0.10 : 203.0.113.201", "10.240.0.11 : 203.0.113.202"]);
  expect(elements(text, "identity")).toEqual(["10.240.0.10 : 100.64.0.1", "10.240.0.11 : 100.64.0.2"]);
});

it("gives a machine without an external address only an identity address", () => {
  const text = render({ machines: [machine(1, { externalIp: undefined })] });
  expect(elements(text, "with_external")).toEqual([]);
  expect(elements(text, "outbound")).toEqual([]);
  expect(elements(text, "inbound")).toEqual(["100.64.0.1 : 10.240.0.10"]);
});

it("contains only machines of its network", () => {
  const text = render({ machines: [machine(1), machine(7, { networkId: 2 })] });
  expect(elements(text, "own")).toEqual(['"hw-vm-1" . 10.240.0.10']);
});

it("lets members send from the load balancer's address", () => {
  const text = render({ loadBalancers: [balancer({ members: [2] }), balancer({ members: [2], ports: [80, 80] })] });
  expect(elements(text, "balanced")).toEqual(['"hw-vm-2" . 203.0.113.250']);
});

it("drops packets with a foreign source, except from machines that may forward", () => {
  expect(render()).toMatch(/ != @own iifname \. ip saddr != @balanced drop/);
  const text = render({ machines: [machine(1, { canIpForward: true }), machine(2)] });
  expect(text).toMatch(/ != @balanced iifname != \{ "hw-vm-1" \} drop/);
});

it("is valid without any machine", () => {
  const text = render({ machines: [], loadBalancers: [] });
  expect(text).not.toMatch(/\{ +\}/);
});

it("does not let anything in the cloud reach the host", () => {
  const text = edgeRuleset();
  expect(text).toContain('oifname "host" ct state new drop');
  expect(text.match(/type filter hook (forward|input) priority filter; policy drop;/g)).toHaveLength(2);
  expect(text).not.toMatch(/iifname "hw-net-\*" oifname "host"/);
});
