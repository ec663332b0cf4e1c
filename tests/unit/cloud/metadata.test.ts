import type { FastifyInstance } from "fastify";
import pino from "pino";
import { metadataServer } from "../../../local/cloud/metadata/server";
import { GLOBAL, instanceBody, PROJECT, REGION, TestCloud, ZONE } from "./harness";

let cloud: TestCloud;
let app: FastifyInstance;
let base: string;
let caller: string | undefined;

beforeEach(async () => {
  cloud = await TestCloud.start();
  await cloud.network();
  const body = instanceBody("controller-0", "10.240.0.10");
  body.metadata.items.push({ key: "startup-script", value: "echo hi" }, { key: "my-Own_key", value: "1" });
  await cloud.change("POST", `${ZONE}/instances`, body);
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("other", "10.240.0.11"));
  caller = "projects/test-project/zones/us-central1-a/instances/controller-0";
  app = metadataServer(cloud.store, () => caller, { loggerInstance: pino({ level: "silent" }) });
  base = `${await app.listen({ host: "127.0.0.1", port: 0 })}/computeMetadata/v1`;
});
afterEach(async () => {
  await app.close();
  await cloud.end();
});

const GOOGLE = { "Metadata-Flavor": "Google" };
const fetchPath = (path: string, init: RequestInit = {}) =>
  fetch(`${base}/${path}`, { headers: GOOGLE, redirect: "manual", ...init });
const text = async (path: string) => (await fetchPath(path)).text();

test.each([
  ["instance/name", "controller-0"],
  ["instance/hostname", "controller-0.us-central1-a.c.test-project.internal"],
  ["instance/zone", expect.stringMatching(/^projects\/\d+\/zones\/us-central1-a$/)],
  ["instance/machine-type", expect.stringMatching(/^projects\/\d+\/machineTypes\/e2-standard-2$/)],
  ["instance/id", expect.stringMatching(/^\d{19}$/)],
  ["instance/tags", '["controller"]'],
  ["instance/attributes/startup-script", "echo hi"],
  ["instance/attributes/my-Own_key", "1"],
  ["instance/attributes/", "enable-guest-attributes\nstartup-script\nmy-Own_key\n"],
  ["instance/network-interfaces/0/ip", "10.240.0.10"],
  ["instance/network-interfaces/0/gateway", "10.240.0.1"],
  ["instance/network-interfaces/0/subnetmask", "255.255.255.0"],
  ["instance/network-interfaces/0/mac", "42:01:0a:f0:00:0a"],
  ["instance/network-interfaces/0/network", expect.stringMatching(/^projects\/\d+\/networks\/net$/)],
  ["instance/network-interfaces/0/access-configs/0/external-ip", "203.0.113.128"],
  ["instance/network-interfaces/0/forwarded-ips/", ""],
  ["instance/service-accounts/", ""],
  ["project/project-id", "test-project"],
  ["project/attributes/", ""],
  ["", "instance/\nproject/\n"],
])("%s", async (path, value) => {
  const answer = await fetchPath(path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("metadata-flavor")).toBe("Google");
  expect(answer.headers.get("etag")).toMatch(/^[0-9a-f]{16}$/);
  expect(await answer.text()).toEqual(value);
});

test("a request without the header, through a proxy, or from an unknown address is refused", async () => {
  expect((await fetchPath("instance/name", { headers: {} })).status).toBe(403);
  expect((await fetchPath("instance/name", { headers: { ...GOOGLE, "X-Forwarded-For": "1.2.3.4" } })).status).toBe(403);
  caller = undefined;
  const answer = await fetchPath("instance/attributes/startup-script");
  expect(answer.status).toBe(403);
  expect(await answer.text()).not.toContain("echo hi");
});

test("each machine can read only its own metadata", async () => {
  caller = "projects/test-project/zones/us-central1-a/instances/other";
  expect(await text("instance/name")).toBe("other");
  expect((await fetchPath("instance/attributes/startup-script")).status).toBe(404);
});

test("unknown names get a 404, and a directory without its slash a redirect", async () => {
  expect((await fetchPath("instance/nothing")).status).toBe(404);
  expect((await fetchPath("instance/attributes/constructor")).status).toBe(404);
  expect((await fetchPath("instance/name/")).status).toBe(404);
  const redirect = await fetchPath("instance/attributes?recursive=true");
  expect(redirect.status).toBe(301);
  expect(redirect.headers.get("location")).toBe("/computeMetadata/v1/instance/attributes/?recursive=true");
});

test("recursive returns JSON, with converted names and unconverted attributes", async () => {
  const answer = await fetchPath("?recursive=true&alt=json");
  expect(answer.headers.get("content-type")).toContain("application/json");
  expect(await answer.json()).toMatchObject({
    instance: {
      name: "controller-0",
      machineType: expect.stringContaining("e2-standard-2"),
      attributes: { "startup-script": "echo hi", "my-Own_key": "1" },
      networkInterfaces: [
        {
          ip: "10.240.0.10",
          accessConfigs: [{ externalIp: "203.0.113.128", type: "ONE_TO_ONE_NAT" }],
          forwardedIps: [],
        },
      ],
      tags: ["controller"],
      serviceAccounts: {},
    },
    project: { projectId: "test-project", attributes: {} },
  });
  expect(await (await fetchPath("instance/tags?alt=json")).json()).toEqual(["controller"]);
});

test("members of a target pool can read the address of its forwarding rule", async () => {
  await cloud.change("POST", `${REGION}/targetPools`, {
    name: "pool",
    instances: ["zones/us-central1-a/instances/controller-0"],
  });
  await cloud.change("POST", `${REGION}/forwardingRules`, {
    name: "rule",
    target: "regions/us-central1/targetPools/pool",
    portRange: "6443",
  });
  expect(await text("instance/network-interfaces/0/forwarded-ips/0")).toBe("203.0.113.130");
});

test("wait_for_change answers when the metadata changes", async () => {
  const etag = (await fetchPath("instance/attributes/?recursive=true")).headers.get("etag");
  const url = `instance/attributes/?recursive=true&wait_for_change=true&last_etag=${etag}`;
  let answered = false;
  const waiting = fetchPath(url).then((answer) => {
    answered = true;
    return answer.json();
  });
  // A change of another machine's metadata must not end the wait.
  const other = (await cloud.get(`${ZONE}/instances/other`)).body.metadata.fingerprint;
  await cloud.change("POST", `${ZONE}/instances/other/setMetadata`, { fingerprint: other });
  expect(answered).toBe(false);
  const { fingerprint } = (await cloud.get(`${ZONE}/instances/controller-0`)).body.metadata;
  await cloud.change("POST", `${ZONE}/instances/controller-0/setMetadata`, {
    fingerprint,
    items: [{ key: "a", value: "b" }],
  });
  expect(await waiting).toEqual({ a: "b" });
  // A request with an old etag does not wait.
  expect(await (await fetchPath(url)).json()).toEqual({ a: "b" });
});

test("wait_for_change ends after timeout_sec with the present value", async () => {
  const began = Date.now();
  expect(await text("instance/name?wait_for_change=true&timeout_sec=1")).toBe("controller-0");
  expect(Date.now() - began).toBeGreaterThanOrEqual(990);
});

test("a machine that waits and is deleted gets an answer", async () => {
  const waiting = fetchPath("instance/?recursive=true&wait_for_change=true");
  await fetchPath("instance/name");
  const path = caller!;
  const gone = cloud.change("DELETE", `${ZONE}/instances/controller-0`);
  await gone;
  caller = undefined;
  await cloud.change("POST", `${GLOBAL}/networks`, { name: "other", autoCreateSubnetworks: false });
  expect((await waiting).status).toBeGreaterThanOrEqual(200);
  expect(path).toContain("controller-0");
});

describe("guest attributes", () => {
  const put = (path: string, body: string) => fetchPath(`instance/guest-attributes/${path}`, { method: "PUT", body });

  test("are written by the machine and read by the API", async () => {
    expect((await put("hostkeys/ssh-ed25519", "AAAA")).status).toBe(200);
    expect(await text("instance/guest-attributes/hostkeys/ssh-ed25519")).toBe("AAAA");
    expect(await text("instance/guest-attributes/")).toBe("hostkeys/\n");
    const { body } = await cloud.get(`${ZONE}/instances/controller-0/getGuestAttributes?queryPath=hostkeys/`);
    expect(body.queryValue.items).toEqual([{ namespace: "hostkeys", key: "ssh-ed25519", value: "AAAA" }]);
    await fetchPath("instance/guest-attributes/hostkeys/ssh-ed25519", { method: "DELETE" });
    expect((await fetchPath("instance/guest-attributes/hostkeys/ssh-ed25519")).status).toBe(404);
  });

  test("cannot be read by other machines", async () => {
    await put("hostkeys/ssh-ed25519", "AAAA");
    caller = "projects/test-project/zones/us-central1-a/instances/other";
    expect((await fetchPath("instance/guest-attributes/hostkeys/ssh-ed25519")).status).toBe(404);
  });

  test("are on only if the instance's metadata or else the project's says so", async () => {
    const { fingerprint } = (await cloud.get(`${ZONE}/instances/controller-0`)).body.metadata;
    await cloud.change("POST", `${ZONE}/instances/controller-0/setMetadata`, { fingerprint });
    expect((await put("a/b", "c")).status).toBe(403);
    const project = (await cloud.get(PROJECT)).body.commonInstanceMetadata.fingerprint;
    const items = [{ key: "enable-guest-attributes", value: "true" }];
    await cloud.change("POST", `${PROJECT}/setCommonInstanceMetadata`, { fingerprint: project, items });
    expect((await put("a/b", "c")).status).toBe(200);
  });

  test.each([
    ["a/b%20c", "x", 400],
    ["__proto__/b", "x", 400],
    ["constructor/b", "x", 200],
    ["a/b/c", "x", 404],
    ["a/big", "x".repeat(300 * 1024), 413],
  ])("a PUT to %s gets the right status and changes nothing else", async (path, body, status) => {
    expect((await put(path, body)).status).toBe(status);
    expect([{}, Object].map((one) => (one as Record<string, unknown>).b)).toEqual([undefined, undefined]);
  });
});
