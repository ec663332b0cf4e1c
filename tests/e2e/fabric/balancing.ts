/** Forwarding rules: spreading, session affinity, failover, and calls by members. */

import { randomInt } from "node:crypto";
import { Agent, get } from "node:http";

import { alpha, ask, askFrom, BALANCED, balancer, beta, Cloud, gamma, rule, state } from "./cloud";
import { eventually, exec } from "./harness";

const URL = `http://${BALANCED}:8000/`;
const WEB = rule("web", ["8000", "8080"]);

export function balancing(cloud: Cloud): void {
  const converge = (...balancers: Parameters<typeof state>[1] & object) =>
    cloud.worker.converge(state([WEB], balancers));

  /** The answers to many requests, each on a new connection. */
  const answers = async (count: number) => {
    const { output } = await exec([
      "sh",
      "-c",
      `for i in $(seq ${count}); do curl -s --max-time 2 ${URL} || echo none; done`,
    ]);
    return output.split("\n");
  };
  const names = (seen: string[]) => [...new Set(seen.map((answer) => answer.split(" ")[0]))].sort();

  it("spreads new connections over the targets, and keeps the addresses of both ends", async () => {
    await converge(balancer([alpha, beta]));
    const seen = await answers(40);
    expect(new Set(seen)).toEqual(new Set([`node-1 203.0.113.1 ${BALANCED}`, `node-2 203.0.113.1 ${BALANCED}`]));
    const first = seen.filter((answer) => answer.startsWith("node-1")).length;
    expect(first).toBeGreaterThan(5);
    expect(first).toBeLessThan(35);
    expect(await ask(`http://${BALANCED}:8080`)).not.toMatch(/node/);
  });

  it("keeps a client with one member, if session affinity says so", async () => {
    await converge(balancer([alpha, beta], { sessionAffinity: "CLIENT_IP" }));
    expect(names(await answers(20))).toHaveLength(1);
    await converge(balancer([alpha, beta], { sessionAffinity: "CLIENT_IP_PROTO" }));
    expect(names(await answers(20))).toHaveLength(1);
  });

  it("sends new connections only to targets, and keeps established ones with their member", async () => {
    await converge(balancer([alpha]));
    const open = connection();
    expect(await open()).toMatch(/^node-1 /);
    await converge(balancer([beta]));
    expect(names(await answers(10))).toEqual(["node-2"]);
    expect(await open()).toMatch(/^node-1 /);
    await converge(balancer([alpha, beta]));
    expect(await open()).toMatch(/^node-1 /);
  });

  it("does not tie a client's port to a member that was lost", async () => {
    await converge(balancer([alpha]));
    // Below the ports that the kernel assigns. Random, because a port cannot be used again for a minute.
    const same = ["--local-port", String(randomInt(20_000, 30_000))];
    await cloud.worker.halt(1, { force: true });
    expect(await ask(URL, [], same)).toBe("silence");
    await converge(balancer([beta]));
    expect(await ask(URL, [], same)).toMatch(/^node-2 /);
    await cloud.worker.boot(alpha);
    await cloud.serving(1);
    await converge(balancer([alpha, beta]));
    await eventually(
      () => answers(10),
      (seen) => names(seen).length === 2,
    );
  });

  it("sends an attempt to connect that is in progress to another member", async () => {
    await cloud.worker.halt(1, { force: true });
    await converge(balancer([alpha]));
    const attempt = exec(["curl", "-s", "--max-time", "8", URL]);
    const tracked = ["nsenter", "--net=/run/netns/hw-net-1", "cat", "/proc/net/nf_conntrack"];
    await eventually(
      () => exec(tracked),
      ({ status, output }) => status !== 0 || output.includes("SYN_SENT"),
    );
    await converge(balancer([beta]));
    expect((await attempt).output).toMatch(/^node-2 /);
    await cloud.worker.boot(alpha);
    await cloud.serving(1);
  });

  it("lets a member that calls the address reach itself, target or not", async () => {
    await converge(balancer([beta]));
    expect(await askFrom(cloud, 1, URL)).toBe(`node-1 ${BALANCED} ${BALANCED}`);
    expect(await askFrom(cloud, 2, URL)).toBe(`node-2 ${BALANCED} ${BALANCED}`);
  });

  it("serves machines that are not members, and sees their external addresses", async () => {
    await converge(balancer([alpha], { members: [1] }));
    expect(await askFrom(cloud, 2, URL)).toBe(`node-1 ${beta.externalIp} ${BALANCED}`);
    expect(await askFrom(cloud, 3, URL)).toBe(`node-1 ${gamma.externalIp} ${BALANCED}`);
  });

  it("is subject to the firewall", async () => {
    await cloud.worker.converge(
      state([rule("web", ["8000"], { sourceRanges: ["192.0.2.0/24"] })], [balancer([alpha, beta])]),
    );
    expect(await ask(URL)).toBe("silence");
  });

  it("balances UDP too", async () => {
    const udp = rule("udp", [], { protocols: [{ protocol: "udp", ports: ["9000"] }] });
    await cloud.worker.converge(state([udp], [balancer([beta], { protocol: "udp", ports: [9000, 9000] })]));
    const serve = `timeout 5 perl -MSocket -e 'socket(S,PF_INET,SOCK_DGRAM,0);bind(S,sockaddr_in(9000,inet_aton("${BALANCED}")));open(F,">/run/ready");close F;$p=recv(S,$m,99,0);send(S,"pong",0,$p)'`;
    await cloud.inside(2, "rm -f /run/ready");
    const server = cloud.inside(2, serve);
    await cloud.inside(2, "until [ -f /run/ready ]; do sleep 0.02; done");
    const { output } = await exec([
      "bash",
      "-c",
      `exec 3<>/dev/udp/${BALANCED}/9000; echo ping >&3; timeout 3 head -c 4 <&3`,
    ]);
    expect(output).toBe("pong");
    await server;
  });

  it("stops answering when its forwarding rule is removed", async () => {
    await converge(balancer([alpha]));
    expect(await ask(URL)).toMatch(/^node-1 /);
    await converge();
    expect(await ask(URL)).not.toMatch(/node/);
    expect((await cloud.inside(1, "ip route show table local")).output).not.toContain(BALANCED);
  });

  /** Opens a connection. Each call sends a request on it, and rejects when the connection is another one. */
  function connection(): () => Promise<string> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let socket: unknown;
    return () =>
      new Promise((resolve, reject) => {
        get(URL, { agent, timeout: 3000 }, (response) => {
          socket ??= response.socket;
          if (response.socket !== socket) reject(new Error("there was a new connection"));
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => (text += part));
          response.on("end", () => resolve(text.trim()));
        }).on("error", reject);
      });
  }
}
