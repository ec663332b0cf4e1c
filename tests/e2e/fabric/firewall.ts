/** Firewall rules by direction, priority, address and tag. */

import { PROBE_ADDRESSES, identityAddress } from "../../../local/cloud/addresses";
import { isWithin } from "../../../lib/ipv4";
import { alpha, askFrom, ask, beta, Cloud, gamma, MACHINES, rule, state } from "./cloud";
import { exec } from "./harness";

/** The source ranges of Google's health checks for target pools. */
const PROBE_RANGES = ["35.191.0.0/16", "209.85.152.0/22", "209.85.204.0/22"];

/** Of an egress rule: from every address of its machines to every other one. */
const EVERYWHERE = { sourceRanges: [], destinationRanges: ["0.0.0.0/0"] };

export function firewall(cloud: Cloud): void {
  const alphaOutside = `http://${alpha.externalIp}:8080`;
  const alphaInside = `http://${alpha.internalIp}:8080`;

  it("denies ingress that no rule allows", async () => {
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

  it("allows by the sender's tag, but only between internal addresses", async () => {
    await cloud.worker.converge(state([rule("from-clients", ["8080"], { sourceRanges: [], sourceTags: ["client"] })]));
    expect(await askFrom(cloud, 2, alphaInside)).toBe(`node-1 ${beta.internalIp} ${alpha.internalIp}`);
    expect(await askFrom(cloud, 2, alphaOutside)).toBe("silence");
    expect(await askFrom(cloud, 1, `http://${beta.internalIp}:8080`)).toBe("silence");
    expect(await ask(alphaOutside)).toBe("silence");
  });

  it("applies the lower priority number first, and deny before allow at equal priority", async () => {
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

  it("denies egress by a rule, but never to the metadata server", async () => {
    const allow = rule("web", ["8080"]);
    const all = [{ protocol: "all", ports: [] }];
    const egress = rule("no-egress", [], {
      action: "deny",
      direction: "EGRESS",
      ...EVERYWHERE,
      targetTags: ["client"],
      protocols: all,
    });
    await cloud.worker.converge(state([allow, egress]));
    expect(await askFrom(cloud, 2, alphaInside)).toBe("silence");
    expect(await askFrom(cloud, 1, `http://${beta.internalIp}:8080`)).toMatch(/^node-2 /);
    const metadata = "http://metadata.google.internal/computeMetadata/v1/instance/attributes/enable-guest-attributes";
    expect(await askFrom(cloud, 2, metadata, "-H 'Metadata-Flavor: Google'")).toBe("TRUE");
  });

  it("allows egress to a range and port by a rule before the one that denies all", async () => {
    const out = (name: string, changes: object) =>
      rule(name, ["8080"], { direction: "EGRESS", ...EVERYWHERE, ...changes });
    const deny = out("none", { action: "deny", priority: 65535, protocols: [{ protocol: "all", ports: [] }] });
    const allow = out("alpha", { destinationRanges: [`${alpha.internalIp}/32`] });
    await cloud.worker.converge(state([rule("web", ["80", "8080"]), allow, deny]));
    expect(await askFrom(cloud, 2, alphaInside)).toMatch(/^node-1 /);
    expect(await askFrom(cloud, 2, `http://${alpha.internalIp}:80`)).toBe("silence");
    expect(await askFrom(cloud, 1, `http://${beta.internalIp}:8080`)).toBe("silence");
    expect(await ask(`http://${beta.externalIp}:8080`)).toMatch(/^node-2 /);
  });

  it("denies some senders of those that a later rule allows", async () => {
    const deny = rule("not-beta", ["8080"], { action: "deny", priority: 900, sourceRanges: [`${beta.internalIp}/32`] });
    await cloud.worker.converge(state([rule("web", ["8080"]), deny]));
    expect(await askFrom(cloud, 2, alphaInside)).toBe("silence");
    expect(await ask(alphaOutside)).toMatch(/^node-1 /);
  });

  it("allows a ping only by a rule for ICMP", async () => {
    const echo = `socket(S,PF_INET,SOCK_RAW,1);send(S,pack("CCnnn",8,0,0xf7fe,0,1),0,sockaddr_in(0,inet_aton("${alpha.externalIp}")));`;
    const ping = [
      "perl",
      "-MSocket",
      "-e",
      `alarm 1; ${echo} do {recv(S,$m,99,0)} while (ord substr $m,20); print "pong"`,
    ];
    await cloud.worker.converge(state([rule("web", [])]));
    expect((await exec(ping)).output).toBe("");
    await cloud.worker.converge(state([rule("ping", [], { protocols: [{ protocol: "icmp", ports: [] }] })]));
    expect((await exec(ping)).output).toBe("pong");
    expect(await ask(alphaOutside)).toBe("silence");
  });

  it.each(PROBE_ADDRESSES)("allows a probe from %s only by a rule for its range", async (prober) => {
    const probe = async (sourceRanges: string[]) => {
      await cloud.worker.converge(state([rule("probes", ["80"], { sourceRanges })]));
      return cloud.worker.probe(prober, `http://${identityAddress(1)}/`);
    };
    const [own, others] = [true, false].map((own) => PROBE_RANGES.filter((range) => isWithin(prober, range) === own));
    expect(await probe([...others!, "203.0.113.0/24"])).toBe("no answer");
    expect(await probe(own!)).toBe(`node-1 ${prober} ${alpha.internalIp}`);
  });

  it("keeps established connections when their rule is removed", async () => {
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

  it("separates networks that use the same addresses", async () => {
    await cloud.worker.converge(state([rule("web", ["8080"])]));
    const answers = await Promise.all(MACHINES.map((one) => ask(`http://${one.externalIp}:8080`)));
    expect(answers.map((answer) => answer.split(" ")[0])).toEqual(["node-1", "node-2", "node-3"]);
    expect(await askFrom(cloud, 2, alphaInside)).toMatch(/^node-1 /);
    expect(await askFrom(cloud, 3, `http://${beta.internalIp}:8080`)).toBe("silence");
    expect(await askFrom(cloud, 3, `http://${gamma.internalIp}:8080`)).toMatch(/^node-3 /);
  });
}
