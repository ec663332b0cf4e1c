import * as http from "node:http";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { probe, Target } from "../../../local/cloud/health/probe";
import { Prober, ProberOptions } from "../../../local/cloud/health/prober";
import { GLOBAL, instanceBody, LINK, REGION, TestCloud, ZONE } from "./harness";

describe("a probe", () => {
  let server: http.Server;
  let answer: http.RequestListener;
  const seen: http.IncomingMessage[] = [];

  beforeEach(async () => {
    seen.length = 0;
    server = http.createServer((request, response) => {
      seen.push(request);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const target = (change: Partial<Target> = {}): Target => ({
    address: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    path: "/healthz?verbose",
    host: "kubernetes.default.svc.cluster.local",
    timeoutMs: 300,
    ...change,
  });

  test.each([
    [200, true],
    [204, false],
    [301, false],
    [404, false],
    [503, false],
  ])("with the answer %i is healthy: %s", async (status, healthy) => {
    answer = (_request, response) => response.writeHead(status, { Location: "/" }).end("x");
    expect(await probe(target())).toBe(healthy);
  });

  test("sends one request, with the path, the Host header and the source address", async () => {
    let source: string | undefined;
    answer = (request, response) => {
      source = request.socket.remoteAddress;
      response.end("ok");
    };
    expect(await probe(target({ source: "127.0.0.7" }))).toBe(true);
    expect(seen).toHaveLength(1);
    expect(seen[0]!.url).toBe("/healthz?verbose");
    expect(seen[0]!.headers).toMatchObject({
      host: "kubernetes.default.svc.cluster.local",
      "user-agent": "GoogleHC/1.0",
    });
    expect(source).toBe("127.0.0.7");
  });

  test("without an answer, with half an answer, or without a connection is unhealthy", async () => {
    answer = () => undefined;
    expect(await probe(target())).toBe(false);
    answer = (_request, response) => response.writeHead(200, { "Content-Length": 10 }).write("half");
    expect(await probe(target())).toBe(false);
    answer = (_request, response) => response.destroy();
    expect(await probe(target())).toBe(false);
    expect(await probe(target({ port: 1 }))).toBe(false);
  });
});

describe("the prober", () => {
  let cloud: TestCloud;
  let prober: Prober;
  let healthy: boolean;
  let probes: Target[];
  const member = `${LINK}/zones/us-central1-a/instances/a`;

  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] });
    cloud = await TestCloud.start();
    await cloud.network();
    await cloud.change("POST", `${ZONE}/instances`, instanceBody("a"));
    const check = {
      name: "hc",
      requestPath: "/healthz",
      port: 8080,
      checkIntervalSec: 10,
      timeoutSec: 3,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    };
    await cloud.change("POST", `${GLOBAL}/httpHealthChecks`, check);
    healthy = true;
    probes = [];
    prober = started({ probers: 1, delayMs: 0 });
  });
  const started = (options: Partial<ProberOptions>) => {
    const made = new Prober({
      store: cloud.store,
      log: pino({ level: "silent" }),
      onVerdict: () => cloud.cloud.reconciler.inBackground(),
      send: (target) => {
        probes.push(target);
        return Promise.resolve(healthy);
      },
      ...options,
    });
    made.start();
    return made;
  };
  afterEach(async () => {
    prober.close();
    jest.useRealTimers();
    await cloud.end();
  });

  const pool = (body: object = {}) =>
    cloud.change("POST", `${REGION}/targetPools`, {
      name: "pool",
      instances: [member],
      healthChecks: [`${LINK}/global/httpHealthChecks/hc`],
      ...body,
    });
  const verdict = () => Object.values(Object.values(cloud.store.state.health)[0] ?? {})[0];
  /** Advances the time by an interval, and waits for everything that this starts. */
  const interval = async () => {
    await jest.advanceTimersByTimeAsync(10_000);
    await cloud.store.settle();
  };

  test("probes a new member at once, and then at the interval", async () => {
    expect(probes).toEqual([]);
    await pool();
    expect(probes).toEqual([
      {
        address: "100.64.0.1",
        port: 8080,
        path: "/healthz",
        host: "10.240.0.2",
        source: "35.191.0.1",
        timeoutMs: 3000,
      },
    ]);
    await jest.advanceTimersByTimeAsync(9_900);
    expect(probes).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(200);
    expect(probes.map((one) => one.source)).toEqual(["35.191.0.1", "209.85.152.1"]);
  });

  test("applies the thresholds for becoming healthy and unhealthy", async () => {
    await pool();
    await cloud.store.settle();
    expect(verdict()).toBeUndefined();
    await interval();
    expect(verdict()).toBe("HEALTHY");
    healthy = false;
    await interval();
    await interval();
    expect(verdict()).toBe("HEALTHY");
    healthy = true;
    await interval();
    healthy = false;
    await interval();
    await interval();
    expect(verdict()).toBe("HEALTHY");
    await interval();
    expect(verdict()).toBe("UNHEALTHY");
    healthy = true;
    await interval();
    expect(verdict()).toBe("UNHEALTHY");
    await interval();
    expect(verdict()).toBe("HEALTHY");
  });

  test("several probers: a member gets traffic once one sees it healthy, and until the last sees it fail", async () => {
    prober.close();
    prober = started({ probers: 3, delayMs: 1_000 });
    const passes = async (ms: number) => {
      await jest.advanceTimersByTimeAsync(ms);
      await cloud.store.settle();
    };
    await pool();
    // The probers begin after 0, 3.3 and 6.7 s, and two successes make a member healthy.
    await passes(10_900);
    expect(verdict()).toBeUndefined();
    await passes(200);
    expect(verdict()).toBe("HEALTHY");
    await passes(5_900);
    expect(probes).toHaveLength(6);
    healthy = false;
    // The third failure of the last of them is its probe at 46.7 s.
    await passes(30_600);
    expect(verdict()).toBe("HEALTHY");
    await passes(200);
    expect(verdict()).toBe("UNHEALTHY");
  });

  test("makes the fabric send traffic to healthy members", async () => {
    await cloud.change("POST", `${ZONE}/instances`, instanceBody("b"));
    await pool({ instances: [member, `${LINK}/zones/us-central1-a/instances/b`] });
    await cloud.change("POST", `${REGION}/forwardingRules`, { name: "rule", target: "pool", portRange: "80" });
    await interval();
    const b = cloud.fabric.converged.machines.find(({ name }) => name === "b")!.id;
    await cloud.store.record((draft) => {
      const path = Object.keys(draft.instances).find((one) => one.endsWith("/b"))!;
      draft.health[path] = {};
    });
    await cloud.cloud.reconciler.converge();
    expect(cloud.fabric.converged.loadBalancers[0]!.targets).not.toContain(b);
  });

  test("does not probe an instance outside the pool, and takes it for unhealthy when it comes back", async () => {
    await pool();
    await interval();
    expect(verdict()).toBe("HEALTHY");
    await cloud.change("POST", `${REGION}/targetPools/pool/removeInstance`, { instances: [{ instance: member }] });
    await cloud.store.settle();
    const count = probes.length;
    await interval();
    expect(probes).toHaveLength(count);
    expect(verdict()).toBeUndefined();
  });

  test("takes a new instance with an old name for unhealthy", async () => {
    await pool();
    await interval();
    await cloud.change("DELETE", `${ZONE}/instances/a`);
    healthy = false;
    await cloud.change("POST", `${ZONE}/instances`, instanceBody("a"));
    await interval();
    expect(verdict()).not.toBe("HEALTHY");
  });

  test("applies a changed check from the next probe on", async () => {
    await pool();
    await cloud.change("PATCH", `${GLOBAL}/httpHealthChecks/hc`, { port: 9090, host: "example" });
    await interval();
    expect(probes.at(-1)).toMatchObject({ port: 9090, host: "example" });
  });

  test("without a check, probes no member and takes every member for healthy", async () => {
    await pool({ healthChecks: [] });
    await cloud.change("POST", `${REGION}/forwardingRules`, { name: "rule", target: "pool", portRange: "80" });
    await interval();
    expect(probes).toEqual([]);
    const { body } = await cloud.call("POST", `${REGION}/targetPools/pool/getHealth`, { instance: member });
    expect(body.healthStatus[0].healthState).toBe("HEALTHY");
  });
});
