import { GLOBAL, instanceBody, LINK, REGION, TestCloud, ZONE } from "./harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
});
afterEach(() => cloud.end());

const member = (name: string) => `${LINK}/zones/us-central1-a/instances/${name}`;
const path = (name: string) => `projects/test-project/zones/us-central1-a/instances/${name}`;
const CHECK = "projects/test-project/global/httpHealthChecks/hc";

/** Makes three instances behind a forwarding rule with a health check. */
async function frontDoor(): Promise<void> {
  await cloud.network();
  await Promise.all(["a", "b", "c"].map((name) => cloud.change("POST", `${ZONE}/instances`, instanceBody(name))));
  await cloud.change("POST", `${REGION}/addresses`, { name: "front" });
  await cloud.change("POST", `${GLOBAL}/httpHealthChecks`, { name: "hc", requestPath: "/healthz" });
  await cloud.change("POST", `${REGION}/targetPools`, {
    name: "pool",
    instances: ["a", "b", "c"].map(member),
    healthChecks: [`${LINK}/global/httpHealthChecks/hc`],
  });
  await cloud.change("POST", `${REGION}/forwardingRules`, {
    name: "rule",
    IPAddress: `${LINK}/regions/us-central1/addresses/front`,
    IPProtocol: "TCP",
    portRange: "6443",
    target: `${LINK}/regions/us-central1/targetPools/pool`,
  });
}

async function judge(name: string, verdict: "HEALTHY" | "UNHEALTHY"): Promise<void> {
  await cloud.store.record((draft) => {
    (draft.health[path(name)] ??= {})[CHECK] = verdict;
  });
  await cloud.cloud.reconciler.converge();
}

test("a health check has Google's defaults", async () => {
  await cloud.change("POST", `${GLOBAL}/httpHealthChecks`, { name: "hc" });
  expect((await cloud.get(`${GLOBAL}/httpHealthChecks/hc`)).body).toMatchObject({
    kind: "compute#httpHealthCheck",
    requestPath: "/",
    port: 80,
    checkIntervalSec: 5,
    timeoutSec: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    host: "",
  });
});

test("PUT replaces a health check, PATCH changes only the given fields", async () => {
  await cloud.change("POST", `${GLOBAL}/httpHealthChecks`, {
    name: "hc",
    port: 8080,
    host: "x",
    requestPath: "/healthz",
  });
  await cloud.change("PATCH", `${GLOBAL}/httpHealthChecks/hc`, { checkIntervalSec: 10 });
  expect((await cloud.get(`${GLOBAL}/httpHealthChecks/hc`)).body).toMatchObject({
    checkIntervalSec: 10,
    port: 8080,
    host: "x",
  });
  await cloud.change("PUT", `${GLOBAL}/httpHealthChecks/hc`, { name: "hc", checkIntervalSec: 7 });
  expect((await cloud.get(`${GLOBAL}/httpHealthChecks/hc`)).body).toMatchObject({
    checkIntervalSec: 7,
    port: 80,
    host: "",
  });
});

test.each([
  [{ timeoutSec: 9 }, "resource.timeoutSec"],
  [{ port: 0 }, "resource.port"],
  [{ requestPath: "healthz" }, "resource.requestPath"],
  [{ healthyThreshold: 11 }, "resource.healthyThreshold"],
  [{ checkIntervalSec: 0 }, "resource.checkIntervalSec"],
])("a health check with %j is refused", async (change, field) => {
  const { status, body } = await cloud.call("POST", `${GLOBAL}/httpHealthChecks`, { name: "hc", ...change });
  expect(status).toBe(400);
  expect(body.error.message).toContain(`'${field}'`);
});

test("a forwarding rule has the fields that Google's provider reads", async () => {
  await frontDoor();
  expect((await cloud.get(`${REGION}/forwardingRules/rule`)).body).toMatchObject({
    IPAddress: "203.0.113.131",
    IPProtocol: "TCP",
    portRange: "6443-6443",
    target: `${LINK}/regions/us-central1/targetPools/pool`,
    loadBalancingScheme: "EXTERNAL",
    networkTier: "PREMIUM",
    labelFingerprint: expect.any(String),
  });
  expect((await cloud.get(`${REGION}/targetPools/pool`)).body).toMatchObject({
    instances: ["a", "b", "c"].map(member),
    healthChecks: [`${LINK}/global/httpHealthChecks/hc`],
    sessionAffinity: "NONE",
  });
  expect((await cloud.get(`${REGION}/addresses/front`)).body).toMatchObject({ status: "IN_USE" });
});

test("a forwarding rule and an access config must have the network tier of their address", async () => {
  await cloud.network();
  await cloud.change("POST", `${REGION}/addresses`, { name: "cheap", networkTier: "STANDARD" });
  await cloud.change("POST", `${REGION}/targetPools`, { name: "pool" });
  const { address } = (await cloud.get(`${REGION}/addresses/cheap`)).body as { address: string };
  const rule = {
    name: "rule",
    IPAddress: address,
    portRange: "6443",
    target: `${LINK}/regions/us-central1/targetPools/pool`,
  };
  const refused = await cloud.call("POST", `${REGION}/forwardingRules`, rule);
  expect(refused).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("STANDARD") } } });

  const body = instanceBody("machine");
  body.networkInterfaces[0].accessConfigs = [{ natIP: address }];
  const machine = await cloud.call("POST", `${ZONE}/instances`, body);
  expect(machine).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("STANDARD") } } });

  await cloud.change("POST", `${REGION}/forwardingRules`, { ...rule, networkTier: "STANDARD" });
  expect((await cloud.get(`${REGION}/forwardingRules/rule`)).body).toMatchObject({ networkTier: "STANDARD" });
});

test("healthy members get the traffic or, when none is healthy, all members", async () => {
  await frontDoor();
  const ids = Object.fromEntries(cloud.fabric.converged.machines.map(({ id, name }) => [name, id]));
  const all = [ids.a, ids.b, ids.c];
  expect(cloud.fabric.converged.loadBalancers).toEqual([
    {
      address: "203.0.113.131",
      protocol: "tcp",
      ports: [6443, 6443],
      members: all,
      targets: all,
      sessionAffinity: "NONE",
    },
  ]);
  await judge("b", "HEALTHY");
  expect(cloud.fabric.converged.loadBalancers[0]).toMatchObject({ members: all, targets: [ids.b] });
  await judge("a", "HEALTHY");
  expect(cloud.fabric.converged.loadBalancers[0]!.targets).toEqual([ids.a, ids.b]);
  await judge("a", "UNHEALTHY");
  await judge("b", "UNHEALTHY");
  expect(cloud.fabric.converged.loadBalancers[0]!.targets).toEqual(all);
});

test("getHealth returns a member's health for the address of each rule", async () => {
  await frontDoor();
  await judge("b", "HEALTHY");
  const url = `${REGION}/targetPools/pool/getHealth`;
  expect((await cloud.call("POST", url, { instance: member("b") })).body).toEqual({
    kind: "compute#targetPoolInstanceHealth",
    healthStatus: [{ ipAddress: "203.0.113.131", instance: member("b"), healthState: "HEALTHY" }],
  });
  expect((await cloud.call("POST", url, { instance: member("a") })).body.healthStatus[0].healthState).toBe("UNHEALTHY");
  expect((await cloud.call("POST", url, { instance: member("z") })).status).toBe(404);
});

test("members can be added and removed, even ones that do not exist yet, as on Google Cloud", async () => {
  await frontDoor();
  const url = `${REGION}/targetPools/pool`;
  await cloud.change("POST", `${url}/removeInstance`, { instances: [{ instance: member("a") }] });
  await cloud.change("POST", `${url}/addInstance`, { instances: [{ instance: member("later") }] });
  expect((await cloud.get(url)).body.instances).toEqual(["b", "c", "later"].map(member));
  expect(cloud.fabric.converged.loadBalancers[0]!.members).toHaveLength(2);
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("later"));
  expect(cloud.fabric.converged.loadBalancers[0]!.members).toHaveLength(3);
});

test("a deleted instance leaves its pool, and is not in it when it comes back under the same name, as on Google Cloud", async () => {
  await frontDoor();
  const url = `${REGION}/targetPools/pool`;
  await cloud.change("DELETE", `${ZONE}/instances/b`);
  expect((await cloud.get(url)).body.instances).toEqual(["a", "c"].map(member));
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("b"));
  expect((await cloud.get(url)).body.instances).toEqual(["a", "c"].map(member));
  expect(cloud.fabric.converged.loadBalancers[0]!.members).toHaveLength(2);
  const { status, body } = await cloud.call("POST", `${url}/removeInstance`, {
    instances: [{ instance: member("b") }],
  });
  expect([status, body.error.message]).toEqual([400, expect.stringContaining("not currently attached")]);
});

test("the health check of a pool can be replaced, and a second one is refused", async () => {
  await frontDoor();
  await cloud.change("POST", `${GLOBAL}/httpHealthChecks`, { name: "other" });
  const url = `${REGION}/targetPools/pool`;
  const other = { healthChecks: [{ healthCheck: `${LINK}/global/httpHealthChecks/other` }] };
  expect((await cloud.call("POST", `${url}/addHealthCheck`, other)).status).toBe(400);
  await cloud.change("POST", `${url}/removeHealthCheck`, {
    healthChecks: [{ healthCheck: `${LINK}/global/httpHealthChecks/hc` }],
  });
  await cloud.change("POST", `${url}/addHealthCheck`, other);
  expect((await cloud.get(url)).body.healthChecks).toEqual([`${LINK}/global/httpHealthChecks/other`]);
  await cloud.change("DELETE", `${GLOBAL}/httpHealthChecks/hc`);
});

test("the target of a rule can be changed", async () => {
  await frontDoor();
  await cloud.change("POST", `${REGION}/targetPools`, { name: "two" });
  await cloud.change("POST", `${REGION}/forwardingRules/rule/setTarget`, {
    target: "regions/us-central1/targetPools/two",
  });
  expect((await cloud.get(`${REGION}/forwardingRules/rule`)).body.target).toBe(
    `${LINK}/regions/us-central1/targetPools/two`,
  );
  expect(cloud.fabric.converged.loadBalancers[0]!.members).toEqual([]);
});

test("resources that a forwarding rule needs cannot be deleted", async () => {
  await frontDoor();
  for (const [url, user] of [
    [`${REGION}/addresses/front`, "forwardingRules/rule"],
    [`${REGION}/targetPools/pool`, "forwardingRules/rule"],
    [`${GLOBAL}/httpHealthChecks/hc`, "targetPools/pool"],
  ]) {
    const { status, body } = await cloud.call("DELETE", url!);
    expect(status).toBe(400);
    expect(body.error.errors[0].reason).toBe("resourceInUseByAnotherResource");
    expect(body.error.message).toContain(user);
  }
});

test.each([
  [{ target: undefined }, 400, "Required field"],
  [{ target: "regions/us-central1/targetPools/none" }, 404, "targetPools/none"],
  [{ target: "global/targetHttpProxies/x" }, 400, "does not emulate"],
  [{ backendService: "regions/us-central1/backendServices/x" }, 400, "backend services"],
  [{ loadBalancingScheme: "INTERNAL" }, 400, "INTERNAL"],
  [{ IPAddress: "203.0.113.250" }, 400, "address resource cannot be found"],
  [{ IPAddress: "regions/us-central1/addresses/none" }, 404, "addresses/none"],
  [{ portRange: "0-70000" }, 400, "resource.portRange"],
  [{ portRange: "6443", name: "twice" }, 400, "already being used"],
  [{ IPProtocol: "ESP" }, 400, "ESP"],
  [{ ports: ["80"] }, 400, "resource.ports"],
])("a forwarding rule with %j is refused", async (change, code, message) => {
  await frontDoor();
  const good = {
    name: "second",
    IPAddress: "203.0.113.131",
    portRange: "80",
    target: "regions/us-central1/targetPools/pool",
  };
  const { status, body } = await cloud.call("POST", `${REGION}/forwardingRules`, { ...good, ...change });
  expect([status, body.error.message]).toEqual([code, expect.stringContaining(message)]);
});

test("a pool with a health check that does not exist gets a 404, as Google's provider expects", async () => {
  const { status, body } = await cloud.call("POST", `${REGION}/targetPools`, {
    name: "pool",
    healthChecks: [`${LINK}/global/httpHealthChecks/none`],
  });
  expect(status).toBe(404);
  expect(body.error.message).toContain("httpHealthChecks/none");
});

test("members in another region are refused", async () => {
  const foreign = `${LINK}/zones/us-east1-b/instances/a`;
  const { body } = await cloud.call("POST", `${REGION}/targetPools`, { name: "pool", instances: [foreign] });
  expect(body.error.message).toContain("'us-central1'");
});

test("labels of addresses and rules change only with their fingerprint", async () => {
  await frontDoor();
  for (const url of [`${REGION}/addresses/front`, `${REGION}/forwardingRules/rule`]) {
    const { labelFingerprint } = (await cloud.get(url)).body;
    await cloud.change("POST", `${url}/setLabels`, { labels: { a: "b" }, labelFingerprint });
    expect((await cloud.get(url)).body.labels).toEqual({ a: "b" });
    expect((await cloud.call("POST", `${url}/setLabels`, { labels: {}, labelFingerprint })).status).toBe(412);
  }
});

test("when no external address is left, the error says so", async () => {
  for (let index = 0; index < 127; index += 1)
    await cloud.change("POST", `${REGION}/addresses`, { name: `ip-${index}` });
  const { status, body } = await cloud.call("POST", `${REGION}/addresses`, { name: "one-more" });
  expect(status).toBe(403);
  expect(body.error.errors[0]).toMatchObject({ reason: "quotaExceeded", message: expect.stringContaining("127") });
});
