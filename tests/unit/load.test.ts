import { once } from "events";
import * as http2 from "http2";
import type { AddressInfo } from "net";
import { setTimeout as wait } from "timers/promises";
import { Worker } from "worker_threads";
import { Connection, Target } from "../../load/connection";
import { until } from "../../lib/until";
import { furtherSuccesses } from "../../load/load";
import { Loop } from "../../load/loop";
import { directTargets } from "../../load/targets";
import { FakeStack } from "./verify/fakeStack";

const servers: http2.Http2Server[] = [];
const sessions: http2.ServerHttp2Session[] = [];
afterEach(async () => {
  sessions.splice(0).forEach((session) => session.destroy());
  await Promise.all(servers.splice(0).map((server) => new Promise((closed) => server.close(closed))));
});

/** Starts a server that answers requests with `body`, or never. */
async function serving(body?: string, headers: http2.OutgoingHttpHeaders = { ":status": 200 }): Promise<Target> {
  const server = http2.createServer();
  servers.push(server);
  server.on("session", (session) => sessions.push(session));
  server.on("stream", (stream) => {
    stream.on("error", () => undefined);
    if (body !== undefined) stream.respond(headers, { endStream: false });
    if (body !== undefined) stream.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return at((server.address() as AddressInfo).port);
}
const at = (port: number): Target => ({ server: `http://127.0.0.1:${port}`, ca: "", client: { cert: "", key: "" } });
/** Nothing listens on this port. */
const CLOSED = at(1);

describe("a client that knows several servers", () => {
  test("turns to the next one when a connection is refused", async () => {
    const connection = new Connection(CLOSED, await serving("second"));
    await expect(connection.request("GET", "/")).rejects.toThrow(/ECONNREFUSED/);
    expect(await connection.request("GET", "/")).toEqual({ status: 200, body: "second" });
    connection.end();
  });

  test("turns to the next one when a request has no answer, and stays there", async () => {
    const connection = new Connection(await serving(), await serving("second"));
    await expect(connection.request("GET", "/")).rejects.toThrow(/no answer within/);
    for (const path of ["/1", "/2"])
      expect(await connection.request("GET", path)).toEqual({ status: 200, body: "second" });
    connection.end();
  });

  test("takes an answer that came in time, although this process was too busy to read it", async () => {
    // In a thread, which goes on while this one is busy.
    const server = new Worker(
      `const server = require("http2").createServer();
      server.on("stream", (stream) => setTimeout(() => (stream.respond({ ":status": 200 }), stream.end("x")), 100));
      server.listen(0, "127.0.0.1", () => require("worker_threads").parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    const [port] = (await once(server, "message")) as [number];
    const connection = new Connection(at(port), CLOSED);
    await connection.request("GET", "/first");
    const answer = connection.request("GET", "/second");
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    const busyUntil = performance.now() + 1_500;
    while (performance.now() < busyUntil);
    expect(await answer).toEqual({ status: 200, body: "x" });
    connection.end();
    await server.terminate();
  });
});

test("a client that waits because the server asks it to says so", async () => {
  const connection = new Connection(await serving("too busy", { ":status": 429, "retry-after": "3600" }));
  const request = connection.request("GET", "/");
  await until("the client waits", 10, () => connection.doing === "waits 3600 s, as the server asked: too busy");
  connection.end();
  await expect(request).rejects.toThrow("aborted");
});

test("the servers are the controllers' own addresses, with their names", () => {
  const { kubeconfig, controllers } = new FakeStack().context.outputs;
  expect(directTargets(kubeconfig, controllers).map(({ server, name }) => `${name} ${server}`)).toEqual(
    controllers.map(({ name, externalIp }) => `${name} https://${externalIp}:6443`),
  );
});

describe("the longest gap of a client", () => {
  let works: boolean;
  let loop: Loop;
  beforeEach(() => {
    works = true;
    const operation = () => (works ? Promise.resolve() : Promise.reject(new Error("down")));
    loop = new Loop(new Connection(CLOSED), true, operation);
  });
  afterEach(() => loop.stop());

  /** Makes the operation fail a few times. Resolves with the milliseconds that passed. */
  async function outage(): Promise<number> {
    await furtherSuccesses([loop], 1);
    const started = performance.now();
    works = false;
    const { length } = loop.failures;
    while (loop.failures.length < length + 3) await wait(1);
    works = true;
    return performance.now() - started;
  }

  test("is the time between two successes, with failures in between", async () => {
    const ms = await outage();
    await furtherSuccesses([loop], 1);
    expect(loop.longestGapMs).toBeGreaterThan(ms);
    expect(loop.failures).toEqual(["down", "down", "down"]);
  });

  test("is forgotten, but for the one that goes on", async () => {
    await outage();
    await furtherSuccesses([loop], 1);
    const first = loop.longestGapMs;
    loop.forgetGaps();
    await furtherSuccesses([loop], 1);
    expect(loop.longestGapMs).toBeLessThan(first);
    const second = await outage();
    loop.forgetGaps();
    await furtherSuccesses([loop], 1);
    expect(loop.longestGapMs).toBeGreaterThan(second);
  });
});
