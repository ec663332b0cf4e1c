import { RESTRICTIONS_PATH } from "../../../local/cloud/addresses";
import { permissionsOf } from "../../../local/cloud/api/restrictions/permissions";
import { GuestAttributeQueries } from "../../../local/cloud/api/restrictions/rate";
import { GLOBAL, instanceBody, PROJECT, REGION, TestCloud, ZONE } from "./harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
});
afterEach(() => cloud.end());

const restrict = async (restrictions: object) =>
  expect((await cloud.call("PUT", `${RESTRICTIONS_PATH}/test-project`, restrictions)).status).toBe(200);

test("a disabled API refuses every request of its project with Google's error, and no other project's", async () => {
  await restrict({ disabledServices: ["compute.googleapis.com"] });
  const { status, body } = await cloud.get(`${GLOBAL}/networks`);
  expect(status).toBe(403);
  expect(body.error).toMatchObject({
    code: 403,
    message: expect.stringMatching(
      /^Compute Engine API has not been used in project \d+ before or it is disabled\. Enable it/,
    ),
    errors: [{ domain: "usageLimits", reason: "accessNotConfigured" }],
    status: "PERMISSION_DENIED",
    details: [{}, { reason: "SERVICE_DISABLED", metadata: { service: "compute.googleapis.com" } }],
  });
  expect((await cloud.get("/compute/v1/projects/another/global/networks")).status).toBe(200);
  await restrict({});
  expect((await cloud.get(`${GLOBAL}/networks`)).status).toBe(200);
});

test("a missing permission refuses the requests that need it, with Google's error", async () => {
  await cloud.network();
  await restrict({ deniedPermissions: ["compute.subnetworks.useExternalIp", "compute.networks.create"] });
  const refused = await cloud.call("POST", `${ZONE}/instances`, instanceBody());
  expect([refused.status, refused.body.error.errors[0]]).toEqual([
    403,
    {
      domain: "global",
      reason: "forbidden",
      message:
        "Required 'compute.subnetworks.useExternalIp' permission for 'projects/test-project/zones/us-central1-a/instances'",
    },
  ]);
  expect((await cloud.call("POST", `${GLOBAL}/networks`, { name: "more" })).status).toBe(403);
  expect((await cloud.get(`${GLOBAL}/networks/net`)).status).toBe(200);
});

test.each([
  ["GET", "projects/p", "compute.projects.get"],
  ["GET", "projects/p/regions/r", "compute.regions.get"],
  ["GET", "projects/p/zones/z/instances", "compute.instances.list"],
  ["GET", "projects/p/zones/z/instances/i", "compute.instances.get"],
  ["GET", "projects/p/zones/z/instances/i/getGuestAttributes", "compute.instances.getGuestAttributes"],
  ["GET", "projects/p/zones/z/instances/i/serialPort", "compute.instances.getSerialPortOutput"],
  ["POST", "projects/p/zones/z/instances/i/setMetadata", "compute.instances.setMetadata"],
  ["DELETE", "projects/p/global/firewalls/f", "compute.firewalls.delete"],
  ["PATCH", "projects/p/regions/r/subnetworks/s", "compute.subnetworks.update"],
  ["GET", "projects/p/regions/r/operations/o", "compute.regionOperations.get"],
  ["POST", "projects/p/zones/z/operations/o/wait", "compute.zoneOperations.get"],
  ["GET", "projects/p/aggregated/instances", "compute.instances.list"],
])("%s %s needs %s", (method, path, permission) => {
  expect(permissionsOf(method, path)[0]).toBe(permission);
});

test("a region's quota is refused beyond its limit with Google's error, and freed by a deletion", async () => {
  await cloud.network();
  await restrict({ quotas: { CPUS: 4, SSD_TOTAL_GB: 100 } });
  const add = (name: string) => cloud.call("POST", `${ZONE}/instances`, instanceBody(name));
  await Promise.all(["a", "b"].map(add));
  const { status, body } = await add("c");
  expect([status, body.error.errors[0]]).toEqual([
    403,
    { domain: "global", reason: "quotaExceeded", message: "Quota 'CPUS' exceeded.  Limit: 4.0 in region us-central1." },
  ]);
  expect((await cloud.get(`${ZONE}/disks/c`)).status).toBe(404);
  expect((await cloud.get(REGION)).body.quotas).toContainEqual({ metric: "CPUS", limit: 4, usage: 4 });
  await cloud.change("DELETE", `${ZONE}/instances/a`);
  expect((await add("c")).status).toBe(200);
});

test("a quota of the project is refused beyond its limit, and one that is exceeded already stops nothing else", async () => {
  await cloud.network();
  await restrict({ quotas: { NETWORKS: 0, STATIC_ADDRESSES: 1 } });
  const { body } = await cloud.call("POST", `${GLOBAL}/networks`, { name: "more", autoCreateSubnetworks: false });
  expect(body.error.message).toBe("Quota 'NETWORKS' exceeded.  Limit: 0.0 globally.");
  await cloud.change("POST", `${REGION}/addresses`, { name: "one" });
  expect((await cloud.call("POST", `${REGION}/addresses`, { name: "two" })).status).toBe(403);
  expect((await cloud.get(PROJECT)).body.quotas).toContainEqual({ metric: "NETWORKS", limit: 0, usage: 1 });
});

test.each([
  ["compute.vmExternalIpAccess", /to use external IP with it\.$/],
  ["compute.vmCanIpForward", /to use IP forwarding with it\.$/],
  ["compute.requireOsLogin", /enable-oslogin/],
  ["compute.trustedImageProjects", /Use of images from project debian-cloud is prohibited\.$/],
  ["gcp.resourceLocations", /ZONE:us-central1-a violates/],
])("an instance that violates the policy %s is refused with HTTP 412", async (policy, why) => {
  await cloud.network();
  await restrict({ policies: [policy] });
  const { status, body } = await cloud.call("POST", `${ZONE}/instances`, instanceBody());
  expect([status, body.error.errors[0].reason]).toEqual([412, "conditionNotMet"]);
  expect(body.error.message).toMatch(`Constraint constraints/${policy} violated for project test-project. `);
  expect(body.error.message).toMatch(why);
});

test("a forwarding rule is refused where a policy restricts load balancers", async () => {
  await cloud.change("POST", `${REGION}/targetPools`, { name: "pool" });
  await restrict({ policies: ["compute.restrictLoadBalancerCreationForTypes"] });
  const rule = { name: "rule", portRange: "80", target: "regions/us-central1/targetPools/pool" };
  const { status, body } = await cloud.call("POST", `${REGION}/forwardingRules`, rule);
  expect([status, body.error.message]).toEqual([412, expect.stringContaining("EXTERNAL_NETWORK_TCP_UDP")]);
});

test("zones without room let several operations end in error at once, and a stopped instance there does not start", async () => {
  await cloud.network();
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("old"));
  await cloud.change("POST", `${ZONE}/instances/old/stop`);
  await restrict({ exhaustedZones: ["us-central1-a"] });
  const error = {
    status: "DONE",
    httpErrorStatusCode: 503,
    error: { errors: [{ code: "ZONE_RESOURCE_POOL_EXHAUSTED", message: expect.stringContaining("try again later") }] },
  };
  const inserts = ["a", "b"].map((name) => cloud.change("POST", `${ZONE}/instances`, instanceBody(name)));
  expect(await Promise.all(inserts)).toMatchObject([error, error]);
  expect(await cloud.change("POST", `${ZONE}/instances/old/start`)).toMatchObject(error);
  expect((await cloud.get(`${ZONE}/instances/old`)).body.status).toBe("TERMINATED");
  expect((await cloud.get(`${ZONE}/instances`)).body.items).toHaveLength(1);
  await restrict({});
  expect((await cloud.change("POST", `${ZONE}/instances`, instanceBody("a"))).error).toBeUndefined();
});

test("guest attributes are refused by policy, and where limits are on, beyond 3 queries a second", async () => {
  await cloud.network();
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const read = () => cloud.get(`${ZONE}/instances/controller-0/getGuestAttributes?queryPath=hostkeys%2F`);
  await restrict({ policies: ["compute.disableGuestAttributesAccess"] });
  expect((await read()).status).toBe(412);
  await restrict({ guestAttributeLimits: true });
  const answers = await Promise.all([1, 2, 3, 4].map(read));
  expect(answers.map(({ status }) => status).sort()).toEqual([403, 404, 404, 404]);
  expect(answers.find(({ status }) => status === 403)!.body.error.errors[0]).toMatchObject({
    domain: "usageLimits",
    reason: "rateLimitExceeded",
  });
});

test("10 queries a minute for the guest attributes of an instance are allowed", () => {
  const queries = new GuestAttributeQueries();
  for (let second = 0; second < 50; second += 5) queries.count("one", second * 1000);
  expect(() => queries.count("one", 55_000)).toThrow("10 queries per minute");
  queries.count("another", 55_000);
  queries.count("one", 66_000);
});

test("the resource manager tells the granted permissions and the effective policies", async () => {
  await restrict({ deniedPermissions: ["b"], policies: ["compute.requireOsLogin", "compute.vmCanIpForward"] });
  const ask = async (verb: string, body: object) =>
    (await cloud.call("POST", `/v1/projects/test-project:${verb}`, body)).body;
  expect(await ask("testIamPermissions", { permissions: ["a", "b"] })).toEqual({ permissions: ["a"] });
  expect(await ask("testIamPermissions", { permissions: ["b"] })).toEqual({});
  const policy = (constraint: string) => ask("getEffectiveOrgPolicy", { constraint: `constraints/${constraint}` });
  expect(await policy("compute.requireOsLogin")).toMatchObject({ booleanPolicy: { enforced: true } });
  expect(await policy("compute.vmCanIpForward")).toMatchObject({ listPolicy: { allValues: "DENY" } });
  expect(await policy("compute.vmExternalIpAccess")).toMatchObject({ listPolicy: { allValues: "ALLOW" } });
  await restrict({ disabledServices: ["cloudresourcemanager.googleapis.com"] });
  expect((await ask("testIamPermissions", { permissions: ["a"] })).error.code).toBe(403);
});

test.each([
  [{ quotas: { WISHES: 3 } }, "quotas"],
  [{ policies: ["compute.unknown"] }, "policies"],
  [{ unknown: true }, "unknown"],
])("restrictions with %j are refused", async (restrictions, named) => {
  const { status, body } = await cloud.call("PUT", `${RESTRICTIONS_PATH}/test-project`, restrictions);
  expect([status, body.error.message]).toEqual([400, expect.stringContaining(named)]);
});

test("a change of a project's metadata keeps its restrictions", async () => {
  await restrict({ policies: ["compute.requireOsLogin"] });
  const { fingerprint } = (await cloud.get(PROJECT)).body.commonInstanceMetadata;
  await cloud.change("POST", `${PROJECT}/setCommonInstanceMetadata`, {
    fingerprint,
    items: [{ key: "a", value: "b" }],
  });
  expect((await cloud.get(`${RESTRICTIONS_PATH}/test-project`)).body.policies).toEqual(["compute.requireOsLogin"]);
});
