import * as http from "node:http";
import { apiServer } from "../../../local/cloud/api/server";
import { GLOBAL, instanceBody, Json, LINK, PROJECT, REGION, TestCloud, ZONE } from "./harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
});
afterEach(() => cloud.end());

/** Checks the form that every error of Google's APIs has. */
function expectGoogleError(body: Json, code: number, reason: string): void {
  expect(body.error).toMatchObject({ code, message: expect.any(String) });
  expect(body.error.errors[0]).toEqual({ domain: "global", reason, message: body.error.message });
}

test.each([
  ["{", 400, "parseError"],
  ['{"name": ', 400, "parseError"],
  ["null", 400, "required"],
  ["[]", 400, "invalid"],
  ['"text"', 400, "invalid"],
  ['{"__proto__": {"a": 1}}', 400, "parseError"],
  ['{"name": {"a": 1}}', 400, "invalid"],
  ["", 400, "required"],
])("the body %j gets Google's error", async (text, code, reason) => {
  const { status, body } = await cloud.send("POST", `${GLOBAL}/networks`, text);
  expect(status).toBe(code);
  expectGoogleError(body, code, reason);
  expect((await cloud.get(`${GLOBAL}/networks`)).status).toBe(200);
});

test("a body that is nested too deeply is refused", async () => {
  const { status, body } = await cloud.send("POST", `${GLOBAL}/networks`, `${"[".repeat(99_999)}${"]".repeat(99_999)}`);
  expect(status).toBe(400);
  expectGoogleError(body, 400, "parseError");
});

test("a body that is too large is refused", async () => {
  const { status, body } = await cloud.send("POST", `${GLOBAL}/networks`, `{"name": "${"x".repeat(9 * 1024 * 1024)}"}`);
  expect(status).toBe(413);
  expectGoogleError(body, 413, "uploadTooLarge");
});

test.each([
  ["GET", "/"],
  ["GET", "/compute/v1/nothing"],
  ["GET", `${GLOBAL}/backendServices`],
  ["PUT", `${GLOBAL}/networks/net`],
  ["POST", `${ZONE}/instances/x/explode`],
  ["DELETE", `${GLOBAL}/networks`],
  ["PATCH", `${ZONE}/instances/x`],
  ["GET", `${PROJECT}/zones/us-central1-a/networks`],
  ["GET", `${GLOBAL}/networks/__proto__`],
  ["PROPFIND", `${GLOBAL}/networks`],
])("%s %s gets a 404 in Google's form", async (method, url) => {
  const { status, body } = await cloud.send(method, url);
  expect(status).toBe(404);
  expectGoogleError(body, 404, "notFound");
});

test.each([
  ["that cannot be decoded", "%zz", 400],
  ["that is far too long", "x".repeat(1000), 414],
])("a name %s gets Google's error", async (_what, name, code) => {
  const { status, body } = await cloud.get(`${GLOBAL}/networks/${name}`);
  expect(status).toBe(code);
  expectGoogleError(body, code, "parseError");
});

test.each([
  ["a zone", `${PROJECT}/zones/mars-1/instances`, "'zone': 'mars-1'. Unknown zone."],
  ["a region", `${PROJECT}/regions/mars/addresses`, "'region': 'mars'. Unknown region."],
  ["a project", "/compute/v1/projects/UPPER/global/networks", "'project': 'UPPER'"],
])("%s that cannot exist is refused", async (_what, url, message) => {
  const { status, body } = await cloud.get(url);
  expect(status).toBe(400);
  expect(body.error.message).toContain(message);
});

test("a resource that does not exist gets a 404 with its path", async () => {
  for (const url of [`${GLOBAL}/networks/x`, `${REGION}/addresses/x`, `${ZONE}/instances/x`, `${ZONE}/operations/x`]) {
    const { status, body } = await cloud.get(url);
    expect(status).toBe(404);
    const path = url.replace("/compute/v1/", "");
    expect(body.error.message).toBe(`The resource '${path}' was not found`);
  }
  expect((await cloud.call("DELETE", `${GLOBAL}/firewalls/x`)).status).toBe(404);
  expect((await cloud.call("POST", `${ZONE}/instances/x/stop`)).status).toBe(404);
});

test("a reference to a resource that does not exist is refused", async () => {
  const { status, body } = await cloud.call("POST", `${REGION}/subnetworks`, {
    name: "sub",
    network: "global/networks/none",
    ipCidrRange: "10.0.0.0/24",
  });
  expect(status).toBe(404);
  expectGoogleError(body, 404, "notFound");
});

test.each(["what is this?", "http://x/y", "global/firewalls/net", "regions/us-central1/networks/net"])(
  "the reference %j is refused",
  async (network) => {
    const { status, body } = await cloud.call("POST", `${GLOBAL}/firewalls`, {
      name: "f",
      network,
      allowed: [{ IPProtocol: "all" }],
    });
    expect(status).toBe(400);
    expect(body.error.message).toContain("resource.network");
  },
);

test.each([
  `${LINK}/global/networks/net`,
  "https://compute.local.invalid/compute/v1/projects/test-project/global/networks/net",
  "projects/test-project/global/networks/net",
  "global/networks/net",
  "net",
])("a network may be referred to as %s", async (network) => {
  await cloud.network();
  const operation = await cloud.change("POST", `${GLOBAL}/firewalls`, {
    name: "f",
    network,
    allowed: [{ IPProtocol: "all" }],
  });
  expect(operation.error).toBeUndefined();
  expect((await cloud.get(`${GLOBAL}/firewalls/f`)).body.network).toBe(`${LINK}/global/networks/net`);
});

test("a name that is taken is refused", async () => {
  await cloud.network();
  const { status, body } = await cloud.call("POST", `${GLOBAL}/networks`, {
    name: "net",
    autoCreateSubnetworks: false,
  });
  expect(status).toBe(409);
  expectGoogleError(body, 409, "alreadyExists");
  expect(body.error.message).toBe("The resource 'projects/test-project/global/networks/net' already exists");
});

test("a request that is sent again with its id is not carried out again", async () => {
  const body = { name: "net", autoCreateSubnetworks: false };
  const first = await cloud.call("POST", `${GLOBAL}/networks?requestId=abc`, body);
  const second = await cloud.call("POST", `${GLOBAL}/networks?requestId=abc`, body);
  expect(second.status).toBe(200);
  expect(second.body.name).toBe(first.body.name);
});

test("only the host may use the API", async () => {
  const app = apiServer(cloud.cloud);
  const url = await app.listen({ host: "127.0.0.2", port: 0 });
  const status = await new Promise((resolve, reject) => {
    http
      .get(`${url}${GLOBAL}/networks`, { localAddress: "127.0.0.9", agent: false }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode));
      })
      .on("error", reject);
  });
  await app.close();
  expect(status).toBe(403);
});

test("200 requests at once are all answered, and no two instances get the same address", async () => {
  await cloud.network();
  const names = Array.from({ length: 50 }, (_, index) => `vm-${index}`);
  const calls = names.flatMap((name) => [
    cloud.change("POST", `${ZONE}/instances`, instanceBody(name)),
    cloud.change("POST", `${GLOBAL}/firewalls`, {
      name: `fw-${name}`,
      network: "net",
      allowed: [{ IPProtocol: "tcp" }],
    }),
    cloud.get(`${ZONE}/instances`),
    cloud.call("POST", `${GLOBAL}/networks`, { name: "net", autoCreateSubnetworks: false }),
  ]);
  const answers = await Promise.all(calls);
  expect(answers.filter((one) => one.error && one.kind === "compute#operation")).toEqual([]);
  expect(answers.filter((one) => one.status === 409)).toHaveLength(50);
  const { body } = await cloud.get(`${ZONE}/instances`);
  expect(body.items).toHaveLength(50);
  const nics = body.items.map((one: Json) => one.networkInterfaces[0]);
  expect(new Set(nics.map((nic: Json) => nic.networkIP)).size).toBe(50);
  expect(new Set(nics.map((nic: Json) => nic.accessConfigs[0].natIP)).size).toBe(50);
  expect(cloud.fabric.converged.machines).toHaveLength(50);
  expect(cloud.fabric.machines.size).toBe(50);
  expect(cloud.fabric.calls.filter((call) => call === "converge").length).toBeLessThan(60);
});

test("of twenty inserts with one name, one succeeds and nineteen get a 409", async () => {
  const body = { name: "net", autoCreateSubnetworks: false };
  const answers = await Promise.all(Array.from({ length: 20 }, () => cloud.call("POST", `${GLOBAL}/networks`, body)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
});

test("lists are filtered, ordered and paged", async () => {
  for (const name of ["b", "a", "c"]) await cloud.change("POST", `${REGION}/addresses`, { name });
  const url = `${REGION}/addresses`;
  const names = async (query: string) =>
    ((await cloud.get(`${url}?${query}`)).body.items ?? []).map((one: Json) => one.name);
  expect(await names("")).toEqual(["a", "b", "c"]);
  expect(await names("filter=name=b")).toEqual(["b"]);
  expect(await names(`filter=${encodeURIComponent("(name eq [ab]) (status eq RESERVED)")}`)).toEqual(["a", "b"]);
  expect(await names(`filter=${encodeURIComponent('name != "b" AND status = "RESERVED"')}`)).toEqual(["a", "c"]);
  const first = (await cloud.get(`${url}?maxResults=2`)).body;
  expect(first.items.map((one: Json) => one.name)).toEqual(["a", "b"]);
  expect(await names(`maxResults=2&pageToken=${first.nextPageToken}`)).toEqual(["c"]);
  for (const query of ["filter=name", "filter=name+eq+[", "maxResults=x", "pageToken=!!!", "filter=a=b+OR+c=d"]) {
    expect((await cloud.get(`${url}?${query}`)).status).toBe(400);
  }
});

test("an aggregated list has every scope", async () => {
  await cloud.change("POST", `${REGION}/addresses`, { name: "a" });
  const { body } = await cloud.get(`${PROJECT}/aggregated/addresses`);
  expect(body.items["regions/us-central1"].addresses).toMatchObject([{ name: "a" }]);
  expect(body.items["regions/us-east1"].warning.code).toBe("NO_RESULTS_ON_PAGE");
});

test("projects do not see each other's resources", async () => {
  await cloud.network();
  expect((await cloud.get("/compute/v1/projects/another-one/global/networks/net")).status).toBe(404);
  await cloud.change("POST", "/compute/v1/projects/another-one/global/networks", {
    name: "net",
    autoCreateSubnetworks: false,
  });
  expect((await cloud.get(`${GLOBAL}/networks`)).body.items).toHaveLength(1);
});

test("zones, regions, machine types, images and the project exist from the start", async () => {
  const zones = (await cloud.get(`${PROJECT}/zones?filter=+(status+eq+UP)`)).body.items;
  const central = zones
    .filter((one: Json) => one.region === `${LINK}/regions/us-central1`)
    .map((one: Json) => one.name);
  expect(central).toEqual(["us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"]);
  expect((await cloud.get(`${PROJECT}/regions/europe-west1`)).body.zones).toHaveLength(3);
  expect((await cloud.get(`${ZONE}/machineTypes/e2-standard-2`)).body).toMatchObject({
    guestCpus: 2,
    memoryMb: 8192,
    architecture: "X86_64",
  });
  expect((await cloud.get(`${ZONE}/machineTypes/t2a-standard-4`)).body).toMatchObject({
    guestCpus: 4,
    memoryMb: 16384,
    architecture: "ARM64",
  });
  expect((await cloud.get(`${ZONE}/machineTypes/e9-huge`)).status).toBe(404);
  expect((await cloud.get(`${ZONE}/machineTypes`)).body.items.length).toBeGreaterThan(50);
  expect(
    (await cloud.get(`${PROJECT}/aggregated/machineTypes?filter=name=e2-micro`)).body.items[`zones/us-central1-a`]
      .machineTypes,
  ).toHaveLength(1);
  const debian = "/compute/v1/projects/debian-cloud/global/images";
  const { body: image } = await cloud.get(`${debian}/family/debian-12`);
  expect(image).toMatchObject({ family: "debian-12", architecture: "X86_64", diskSizeGb: "10", status: "READY" });
  expect((await cloud.get(`${debian}/${image.name}`)).body).toEqual(image);
  expect((await cloud.get(`${debian}/family/debian-13-arm64`)).body.architecture).toBe("ARM64");
  expect((await cloud.get(`${GLOBAL}/images/family/debian-12`)).status).toBe(404);
  expect((await cloud.get(PROJECT)).body).toMatchObject({ kind: "compute#project", name: "test-project" });
});

test("project metadata changes only with its fingerprint", async () => {
  const { fingerprint } = (await cloud.get(PROJECT)).body.commonInstanceMetadata;
  const items = [{ key: "ssh-keys", value: "amy:ssh-ed25519 AAAA" }];
  await cloud.change("POST", `${PROJECT}/setCommonInstanceMetadata`, { items, fingerprint });
  expect((await cloud.get(PROJECT)).body.commonInstanceMetadata.items).toEqual(items);
  expect((await cloud.call("POST", `${PROJECT}/setCommonInstanceMetadata`, { items, fingerprint })).status).toBe(412);
});
