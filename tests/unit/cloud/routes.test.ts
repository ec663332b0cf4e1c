import { GLOBAL, instanceBody, Json, LINK, REGION, TestCloud, ZONE } from "./harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
  await cloud.network();
});
afterEach(() => cloud.end());

const INSTANCE = `${LINK}/zones/us-central1-a/instances/worker-0`;

/** A body that makes a route through worker-0. Each test changes one thing in it. */
const routeBody = (changes: object = {}): Json => ({
  name: "pods-0",
  network: `${LINK}/global/networks/net`,
  destRange: "10.200.1.0/24",
  nextHopInstance: INSTANCE,
  ...changes,
});
const addWorker = (changes: object = {}) =>
  cloud.change("POST", `${ZONE}/instances`, { ...instanceBody("worker-0", "10.240.0.20"), ...changes });
const addRoute = (changes: object = {}) => cloud.change("POST", `${GLOBAL}/routes`, routeBody(changes));
const fabricRoutes = () => cloud.fabric.converged.networks[0]!.routes;
const warnings = async () =>
  (await cloud.get(`${GLOBAL}/routes/pods-0`)).body.warnings?.map(({ code }: { code: string }) => code);

test("a route is made by an operation, listed and deleted, and has the fields that Google's provider reads", async () => {
  await addWorker();
  expect((await cloud.get(`${GLOBAL}/routes`)).body).toMatchObject({ kind: "compute#routeList" });
  const operation = await addRoute({ description: "Pods of worker-0" });
  expect(operation).toMatchObject({
    operationType: "insert",
    status: "DONE",
    targetLink: `${LINK}/global/routes/pods-0`,
  });
  const { body } = await cloud.get(`${GLOBAL}/routes/pods-0`);
  expect(body).toEqual({
    kind: "compute#route",
    id: expect.stringMatching(/^\d{19}$/),
    creationTimestamp: expect.any(String),
    name: "pods-0",
    description: "Pods of worker-0",
    selfLink: `${LINK}/global/routes/pods-0`,
    network: `${LINK}/global/networks/net`,
    destRange: "10.200.1.0/24",
    priority: 1000,
    nextHopInstance: INSTANCE,
    routeType: "STATIC",
  });
  expect((await cloud.get(`${GLOBAL}/routes`)).body.items).toEqual([body]);
  const workerId = cloud.fabric.converged.machines[0]!.id;
  expect(fabricRoutes()).toEqual([{ destRange: "10.200.1.0/24", priority: 1000, nextHop: workerId }]);
  await cloud.change("DELETE", `${GLOBAL}/routes/pods-0`);
  expect((await cloud.get(`${GLOBAL}/routes/pods-0`)).status).toBe(404);
  expect(fabricRoutes()).toEqual([]);
});

test("a route outlives its next hop, and works again with a new instance of the same name", async () => {
  await addWorker();
  await addRoute();
  await cloud.change("POST", `${ZONE}/instances/worker-0/stop`);
  expect(await warnings()).toEqual(["NEXT_HOP_NOT_RUNNING"]);
  await cloud.change("DELETE", `${ZONE}/instances/worker-0`);
  expect(await warnings()).toEqual(["NEXT_HOP_INSTANCE_NOT_FOUND"]);
  expect(fabricRoutes()).toEqual([{ destRange: "10.200.1.0/24", priority: 1000 }]);
  await addWorker();
  expect(await warnings()).toBeUndefined();
  expect(fabricRoutes()).toMatchObject([{ nextHop: cloud.fabric.converged.machines[0]!.id }]);
});

test("a next hop that may not forward gets nothing, and Google's warning", async () => {
  await addWorker({ canIpForward: false });
  await addRoute();
  expect(await warnings()).toEqual(["NEXT_HOP_CANNOT_IP_FORWARD"]);
  expect(fabricRoutes()).toEqual([{ destRange: "10.200.1.0/24", priority: 1000 }]);
});

test("a next hop can be an address of a subnetwork, which an instance may get later", async () => {
  await addRoute({ nextHopInstance: undefined, nextHopIp: "10.240.0.20", priority: 0 });
  expect((await cloud.get(`${GLOBAL}/routes/pods-0`)).body).toMatchObject({ nextHopIp: "10.240.0.20", priority: 0 });
  expect(await warnings()).toEqual(["NEXT_HOP_ADDRESS_NOT_ASSIGNED"]);
  await addWorker();
  expect(await warnings()).toBeUndefined();
  expect(fabricRoutes()).toMatchObject([{ priority: 0, nextHop: cloud.fabric.converged.machines[0]!.id }]);
});

test("a name is taken only once, and one range may have several routes", async () => {
  await addWorker();
  await addRoute();
  const again = await cloud.call("POST", `${GLOBAL}/routes`, routeBody());
  expect([again.status, again.body.error.errors[0].reason]).toEqual([409, "alreadyExists"]);
  await addRoute({ name: "pods-1", priority: 900 });
  expect(fabricRoutes().map(({ priority }) => priority)).toEqual([1000, 900]);
});

test.each([
  [
    "a range within a subnetwork",
    { destRange: "10.240.0.128/25" },
    "invalid",
    "hides the address space of the network",
  ],
  ["a subnetwork's range", { destRange: "10.240.0.0/24" }, "invalid", "(10.240.0.0/24). Cannot change the routing"],
  ["host bits", { destRange: "10.200.1.1/24" }, "invalid", "resource.destRange"],
  ["IPv6", { destRange: "fd00::/64" }, "invalid", "resource.destRange"],
  ["no range", { destRange: undefined }, "required", "resource.destRange"],
  ["the metadata server", { destRange: "169.254.169.254/32" }, "invalid", "169.254.0.0/16"],
  ["everything", { destRange: "0.0.0.0/0" }, "unsupportedOperation", "outside of a network"],
  ["a priority too high", { priority: 65536 }, "invalid", "resource.priority"],
  ["a negative priority", { priority: -1 }, "invalid", "resource.priority"],
  ["no network", { network: undefined }, "required", "resource.network"],
  ["no next hop", { nextHopInstance: undefined }, "invalidResourceUsage", "at least one type of next hop"],
  ["two next hops", { nextHopIp: "10.240.0.20" }, "invalidResourceUsage", "more than one type of next hop"],
  ["a bare name", { nextHopInstance: "worker-0" }, "invalid", "The URL is malformed"],
  ["another project", { nextHopInstance: INSTANCE.replace("test-project", "p") }, "invalid", "project of the route"],
  ["another network", { network: "global/networks/other" }, "invalid", "in the network of the route"],
  ["an address elsewhere", { nextHopInstance: undefined, nextHopIp: "10.9.9.9" }, "invalid", "resource.nextHopIp"],
  [
    "a gateway",
    { nextHopInstance: undefined, nextHopGateway: "global/gateways/default-internet-gateway" },
    "unsupportedOperation",
    "nextHopGateway",
  ],
  ["tags", { tags: ["worker"] }, "unsupportedOperation", "tags"],
  ["a misspelt field", { nextHopInstanceZone: "us-central1-a" }, "badRequest", 'Unknown name "nextHopInstanceZone"'],
])("a route with %s is refused", async (_what, change, reason, message) => {
  await addWorker();
  await cloud.change("POST", `${GLOBAL}/networks`, { name: "other", autoCreateSubnetworks: false });
  const { status, body } = await cloud.call("POST", `${GLOBAL}/routes`, routeBody(change));
  expect([status, body.error.errors[0].reason]).toEqual([400, reason]);
  expect(body.error.message).toContain(message);
  expect((await cloud.get(`${GLOBAL}/routes`)).body.items).toBeUndefined();
});

test.each([
  ["network", { network: "global/networks/none" }, "global/networks/none"],
  ["instance", {}, "zones/us-central1-a/instances/worker-0"],
])("a route with an unknown %s is refused", async (_what, change, path) => {
  const { status, body } = await cloud.call("POST", `${GLOBAL}/routes`, routeBody(change));
  expect(status).toBe(404);
  expect(body.error.errors[0]).toEqual({
    domain: "global",
    reason: "notFound",
    message: `The resource 'projects/test-project/${path}' was not found`,
  });
});

test("a route may contain a subnetwork, but a new range may not contain a route", async () => {
  await addWorker();
  await addRoute({ destRange: "10.240.0.0/16" });
  await addRoute({ name: "pods-1" });
  const subnet = (ipCidrRange: string) =>
    cloud.call("POST", `${REGION}/subnetworks`, { name: "more", network: "global/networks/net", ipCidrRange });
  for (const range of ["10.200.1.0/24", "10.200.0.0/16"]) {
    const { status, body } = await subnet(range);
    expect([status, body.error.errors[0].reason]).toEqual([400, "invalid"]);
    expect(body.error.message).toContain("conflicts with static route 'pods-1' (10.200.1.0/24)");
  }
  expect((await subnet("10.240.1.0/24")).status).toBe(200);
});

test("a network with a route cannot be deleted", async () => {
  await cloud.change("POST", `${GLOBAL}/networks`, { name: "two", autoCreateSubnetworks: false });
  const subnet = { name: "sub2", network: "global/networks/two", ipCidrRange: "10.240.0.0/24" };
  await cloud.change("POST", `${REGION}/subnetworks`, subnet);
  await addRoute({ network: "global/networks/two", nextHopInstance: undefined, nextHopIp: "10.240.0.9" });
  const { status, body } = await cloud.call("DELETE", `${GLOBAL}/networks/two`);
  expect(status).toBe(400);
  expect(body.error.errors[0]).toMatchObject({
    reason: "resourceInUseByAnotherResource",
    message: expect.stringContaining("'projects/test-project/global/routes/pods-0'"),
  });
});

test("routes have a quota and permissions", async () => {
  await addWorker();
  const restrict = (restrictions: object) => cloud.call("PUT", "/local/v1/restrictions/test-project", restrictions);
  await restrict({ quotas: { ROUTES: 0 } });
  expect((await cloud.call("POST", `${GLOBAL}/routes`, routeBody())).body.error.message).toBe(
    "Quota 'ROUTES' exceeded.  Limit: 0.0 globally.",
  );
  for (const permission of ["compute.routes.create", "compute.networks.updatePolicy", "compute.instances.use"]) {
    await restrict({ deniedPermissions: [permission] });
    expect((await cloud.call("POST", `${GLOBAL}/routes`, routeBody())).status).toBe(403);
  }
  await restrict({});
  await addRoute();
  await restrict({ deniedPermissions: ["compute.networks.updatePolicy"] });
  expect((await cloud.call("DELETE", `${GLOBAL}/routes/pods-0`)).status).toBe(403);
});
