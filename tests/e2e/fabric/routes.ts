/** Static routes: ranges of Pods behind machines that may forward. An extra address of a machine stands for a Pod. */

import type { FabricFirewall, FabricMachine, FabricRoute, FabricState } from "../../../local/cloud/fabric/contract";
import { inNamespace } from "../../../local/cloud/fabric/namespaces";
import { machineName } from "../../../local/cloud/fabric/names";
import { alpha, askFrom, beta, Cloud, gamma, rule, state } from "./cloud";
import { exec } from "./harness";

const POD_RANGE = "10.200.0.0/16";
const PODS = { [alpha.id]: "10.200.1.5", [beta.id]: "10.200.2.5" };
const [alphaPod, betaPod] = [PODS[alpha.id]!, PODS[beta.id]!];

const forwarding = (machine: FabricMachine) => ({ ...machine, canIpForward: true });
const route = (destRange: string, { id }: FabricMachine, priority = 1000) => ({ destRange, priority, nextHop: id });
const TO_ALPHA = route("10.200.1.0/24", alpha);
const TO_BETA = route("10.200.2.0/24", beta);
const WEB = rule("web", ["8080"]);

/** The state of the cloud with routes in the network of alpha and beta. */
function routed(
  routes: FabricRoute[],
  firewalls: FabricFirewall[] = [WEB],
  machines = [forwarding(alpha), forwarding(beta), gamma],
): FabricState {
  const { networks, ...rest } = state(firewalls, [], machines);
  return { networks: networks.map((one) => (one.id === alpha.networkId ? { ...one, routes } : one)), ...rest };
}

/** From the host, because root in a machine may not change its addresses. */
async function pod(verb: "add" | "del", machineId: number): Promise<void> {
  const command = ["ip", "address", verb, `${PODS[machineId]}/32`, "dev", "lo"];
  const { status, output } = await exec(inNamespace(machineName(machineId), command));
  if (status !== 0) throw new Error(`${command.join(" ")}: ${output}`);
}

export function routes(cloud: Cloud): void {
  beforeAll(() => Promise.all([alpha, beta].map(({ id }) => pod("add", id))));
  afterAll(() => Promise.all([alpha, beta].map(({ id }) => pod("del", id))));

  const asPod = `--interface ${alphaPod}`;
  const fromAlpha = (address: string, flags = "") => askFrom(cloud, alpha.id, `http://${address}:8080`, flags);

  it("lead to Pods from a machine of the same network, and from no other network", async () => {
    await cloud.worker.converge(routed([]));
    expect(await fromAlpha(betaPod)).toBe("refused");
    await cloud.worker.converge(routed([TO_ALPHA, TO_BETA]));
    expect(await fromAlpha(betaPod)).toBe(`node-2 ${alpha.internalIp} ${betaPod}`);
    expect(await askFrom(cloud, gamma.id, `http://${betaPod}:8080`)).toBe("refused");
  });

  it("lead from Pod to Pod, from Pod to machine and from a machine to its own Pod", async () => {
    await cloud.worker.converge(routed([TO_ALPHA, TO_BETA]));
    expect(await fromAlpha(betaPod, asPod)).toBe(`node-2 ${alphaPod} ${betaPod}`);
    expect(await fromAlpha(beta.internalIp, asPod)).toBe(`node-2 ${alphaPod} ${beta.internalIp}`);
    expect(await fromAlpha(alphaPod)).toMatch(/^node-1 /);
  });

  it("do not give a Pod the external address of its machine", async () => {
    await cloud.worker.converge(routed([TO_ALPHA, TO_BETA]));
    expect(await fromAlpha(beta.externalIp!)).toMatch(/^node-2 /);
    expect(await fromAlpha(beta.externalIp!, asPod)).toBe("refused");
  });

  it("need a firewall rule for the machine that is the next hop", async () => {
    const ask = async (changes: Partial<FabricFirewall>) => {
      await cloud.worker.converge(routed([TO_ALPHA, TO_BETA], [rule("pods", ["8080"], changes)]));
      const answers = [fromAlpha(betaPod, asPod), fromAlpha(betaPod), fromAlpha(beta.internalIp)];
      return (await Promise.all(answers)).map((answer) => answer.split(" ")[0]);
    };
    expect(await ask({ targetTags: ["nobody"] })).toEqual(["silence", "silence", "silence"]);
    expect(await ask({ targetTags: ["client"] })).toEqual(["node-2", "node-2", "node-2"]);
    expect(await ask({ sourceRanges: [POD_RANGE] })).toEqual(["node-2", "silence", "silence"]);
    expect(await ask({ sourceRanges: [], sourceTags: ["web"] })).toEqual(["silence", "node-2", "node-2"]);
    expect(await ask({ destinationRanges: [POD_RANGE] })).toEqual(["node-2", "node-2", "silence"]);
  });

  it("leave egress of Pods to rules for their addresses", async () => {
    const everywhere = { sourceRanges: [POD_RANGE], destinationRanges: ["0.0.0.0/0"] };
    const deny = rule("no-pods", ["8080"], { direction: "EGRESS", action: "deny", ...everywhere });
    await cloud.worker.converge(routed([TO_ALPHA, TO_BETA], [WEB, deny]));
    expect(await fromAlpha(betaPod, asPod)).toBe("silence");
    expect(await fromAlpha(betaPod)).toMatch(/^node-2 /);
  });

  it("are of no use to a machine that may not forward", async () => {
    await cloud.worker.converge(routed([TO_ALPHA, TO_BETA], [WEB], [alpha, forwarding(beta), gamma]));
    expect(await fromAlpha(betaPod)).toMatch(/^node-2 /);
    expect(await fromAlpha(beta.internalIp, asPod)).toBe("silence");
    await cloud.worker.converge(routed([TO_ALPHA, TO_BETA], [WEB], [forwarding(alpha), beta, gamma]));
    expect(await fromAlpha(betaPod)).toBe("silence");
  });

  it("are chosen by the longest prefix, then by the lower priority number", async () => {
    // alpha does not have beta's Pod, so that a packet that comes back to alpha gets no answer.
    const answer = async (...routes: FabricRoute[]) => {
      await cloud.worker.converge(routed(routes));
      return (await fromAlpha(betaPod)).split(" ")[0];
    };
    expect(await answer(TO_BETA, route(TO_BETA.destRange, alpha, 1001))).toBe("node-2");
    expect(await answer(TO_BETA, route(TO_BETA.destRange, alpha, 999))).toBe("silence");
    expect(await answer(route(POD_RANGE, alpha, 0), TO_BETA)).toBe("node-2");
    expect(await answer(route(`${betaPod}/32`, beta, 65535), route(TO_BETA.destRange, alpha, 0))).toBe("node-2");
  });

  it("end when the next hop stops, and work again when it runs", async () => {
    await cloud.worker.converge(routed([TO_ALPHA, TO_BETA]));
    await cloud.worker.halt(beta.id, { force: true });
    expect(await fromAlpha(betaPod)).toBe("silence");
    await cloud.worker.boot(forwarding(beta));
    await pod("add", beta.id);
    await cloud.serving(beta.id);
    expect(await fromAlpha(betaPod, asPod)).toBe(`node-2 ${alphaPod} ${betaPod}`);
    expect((await cloud.inside(beta.id, "cat /proc/sys/net/ipv4/ip_forward")).output.trim()).toBe("1");
  });
}
