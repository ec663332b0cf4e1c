/** Firewall rules by direction, priority, address and tag. */

import { PROBE_ADDRESSES, identityAddress } from "../../../local/cloud/addresses";
import { alpha, askFrom, ask, beta, Cloud, gamma, MACHINES, rule, state } from "./cloud";

export function firewall(cloud: Cloud): void {
  const alphaOutside = `http://${alpha.externalIp}:8080`;
  const alphaInside = `http://${alpha.internalIp}:8080`;

  it("lets nothing in that no rule allows", async () => {
    await cloud.worker.converge(state([]));
    expect(await ask(alphaOutside)).toBe("silence");
    expect(await askFrom(cloud, 2, alphaInside)).toBe("silence");
  });

  it("allows by target tag and port", async () => {
    await cloud.worker.converge(state([rule("client-only", ["8079-8081"], { targetTags: ["client"] })]));
    expect(await ask(alphaOutside)).toBe("silence");
    expect(await ask(`http://${beta.externalIp}:8080`)).toBe(`node-2 203.0.113.1 ${beta.internalIp}`);
    expect(await ask(`http://${beta.externalIp}:80`)).toBe("silence");
  });

  it("allows by the sender's tag, which counts between internal addresses only", async () => {
    await cloud.worker.converge(state([rule("from-clients", ["8080"], { ranges: [], sourceTags: ["client"] })]));
    expect(await askFrom(cloud, 2, alphaInside)).toBe(`node-1 ${beta.internalIp} ${alpha.internalIp}`);
    expect(await askFrom(cloud, 2, alphaOutside)).toBe("silence");
    expect(await askFrom(cloud, 1, `http://${beta.internalIp}:8080`)).toBe("silence");
    expect(await ask(alphaOutside)).toBe("silence");
  });

  it("obeys the lower priority number, and deny before allow at the same one", async () => {
    const allow = rule("a-allow", ["8080"]);
    const deny = (priority: number) => rule("z-deny", ["8080"], { action: "deny", priority, targetTags: ["client"] });
    const seen = async (priority: number) => {
      await cloud.worker.converge(state([allow, deny(priority)]));
      return [await ask(alphaOutside), await ask(`http://${beta.externalIp}:8080`)].map(
        (answer) => answer.split(" ")[0],
      );
    };
    expect(await seen(1001)).toEqual(["node-1", "node-2"]);
    expect(await seen(1000)).toEqual(["node-1", "silence"]);
    expect(await seen(999)).toEqual(["node-1", "silence"]);
  });

  it("denies egress when told to, but never to the metadata server", async () => {
    const allow = rule("web", ["8080"]);
    const all = [{ protocol: "all", ports: [] }];
    const egress = rule("no-egress", [], {
      action: "deny",
      direction: "EGRESS",
      targetTags: ["client"],
      protocols: all,
    });
    await cloud.worker.converge(state([allow, egress]));
    expect(await askFrom(cloud, 2, alphaInside)).toBe("silence");
    expect(await askFrom(cloud, 1, `http://${beta.internalIp}:8080`)).toMatch(/^node-2 /);
    const metadata = "http://metadata.google.internal/computeMetadata/v1/instance/attributes/enable-guest-attributes";
    expect(await askFrom(cloud, 2, metadata, "-H 'Metadata-Flavor: Google'")).toBe("TRUE");
  });

  it("decides about probes by the prober's address", async () => {
    const probe = () => cloud.worker.probe(PROBE_ADDRESSES[0]!, `http://${identityAddress(1)}/`);
    await cloud.worker.converge(state([rule("others", ["80"], { ranges: ["203.0.113.0/24"] })]));
    expect(await probe()).toBe("no answer");
    await cloud.worker.converge(state([rule("probes", ["80"], { ranges: ["35.191.0.0/16", "35.0.0.0/8"] })]));
    expect(await probe()).toBe(`node-1 ${PROBE_ADDRESSES[0]} ${alpha.internalIp}`);
    expect(await cloud.worker.probe(PROBE_ADDRESSES[1]!, `http://${identityAddress(1)}/`)).toBe("no answer");
  });

  it("keeps connections that are in progress when their rule goes", async () => {
    await cloud.worker.converge(state([rule("web", ["8080"])]));
    const script = `exec 3<>/dev/tcp/${alpha.internalIp}/8080; echo open > /tmp/progress; read -t 10 < /tmp/go; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -1 <&3`;
    await cloud.inside(2, "rm -f /tmp/go /tmp/progress; mkfifo /tmp/go");
    const answer = cloud.inside(2, script);
    await cloud.inside(2, "until [ -f /tmp/progress ]; do sleep 0.02; done");
    await cloud.worker.converge(state([]));
    await cloud.inside(2, "echo > /tmp/go");
    expect((await answer).output).toMatch(/^node-1 /);
    expect(await askFrom(cloud, 2, alphaInside)).toBe("silence");
  });

  it("keeps networks apart that use the same addresses", async () => {
    await cloud.worker.converge(state([rule("web", ["8080"])]));
    const answers = await Promise.all(MACHINES.map((one) => ask(`http://${one.externalIp}:8080`)));
    expect(answers.map((answer) => answer.split(" ")[0])).toEqual(["node-1", "node-2", "node-3"]);
    expect(await askFrom(cloud, 2, alphaInside)).toMatch(/^node-1 /);
    expect(await askFrom(cloud, 3, `http://${beta.internalIp}:8080`)).toBe("silence");
    expect(await askFrom(cloud, 3, `http://${gamma.internalIp}:8080`)).toMatch(/^node-3 /);
  });
}
