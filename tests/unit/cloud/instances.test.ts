import { GLOBAL, instanceBody, Json, LINK, PROJECT, REGION, TestCloud, ZONE } from "./harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
  await cloud.network();
});
afterEach(() => cloud.end());

const get = async (name = "controller-0"): Promise<Json> => (await cloud.get(`${ZONE}/instances/${name}`)).body;

test("an instance is booted and answers with what the provider reads", async () => {
  const operation = await cloud.change("POST", `${ZONE}/instances`, instanceBody("controller-0", "10.240.0.10"));
  expect(operation).toMatchObject({ operationType: "insert", status: "DONE" });
  expect(operation.error).toBeUndefined();
  expect(await get()).toMatchObject({
    kind: "compute#instance",
    status: "RUNNING",
    machineType: `${LINK}/zones/us-central1-a/machineTypes/e2-standard-2`,
    canIpForward: true,
    tags: { items: ["controller"], fingerprint: expect.stringMatching(/^[\w-]{11}=$/) },
    metadata: { items: [{ key: "enable-guest-attributes", value: "TRUE" }] },
    labelFingerprint: expect.any(String),
    networkInterfaces: [
      {
        name: "nic0",
        network: `${LINK}/global/networks/net`,
        subnetwork: `${LINK}/regions/us-central1/subnetworks/sub`,
        networkIP: "10.240.0.10",
        stackType: "IPV4_ONLY",
        accessConfigs: [
          { name: "external-nat", natIP: "203.0.113.128", networkTier: "PREMIUM", type: "ONE_TO_ONE_NAT" },
        ],
      },
    ],
    disks: [
      {
        boot: true,
        autoDelete: true,
        deviceName: "persistent-disk-0",
        mode: "READ_WRITE",
        diskSizeGb: "20",
        source: `${LINK}/zones/us-central1-a/disks/controller-0`,
      },
    ],
    scheduling: {
      automaticRestart: true,
      onHostMaintenance: "MIGRATE",
      preemptible: false,
      provisioningModel: "STANDARD",
    },
    shieldedInstanceConfig: { enableSecureBoot: false, enableVtpm: true, enableIntegrityMonitoring: true },
    deletionProtection: false,
  });
  expect((await cloud.get(`${ZONE}/disks/controller-0`)).body).toMatchObject({
    sizeGb: "20",
    sourceImage: expect.stringMatching(/\/projects\/debian-cloud\/global\/images\/debian-12-bookworm-v\d+$/),
    users: [`${LINK}/zones/us-central1-a/instances/controller-0`],
  });
  expect(cloud.fabric.converged.machines).toEqual([
    {
      id: 1,
      name: "controller-0",
      networkId: 1,
      internalIp: "10.240.0.10",
      externalIp: "203.0.113.128",
      tags: ["controller"],
      canIpForward: true,
      cpus: 2,
      memoryMiB: 8192,
      image: "debian-12",
    },
  ]);
  expect(cloud.fabric.calls.filter((call) => call.startsWith("boot"))).toEqual(["boot 1"]);
});

test("addresses are given out in turn: four of a subnetwork are Google's own", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("a"));
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("b"));
  expect([await get("a"), await get("b")].map((one) => one.networkInterfaces[0].networkIP)).toEqual([
    "10.240.0.2",
    "10.240.0.3",
  ]);
});

test.each(["10.240.0.0", "10.240.0.1", "10.240.0.254", "10.240.0.255", "10.240.1.10"])(
  "%s cannot be an instance's address",
  async (networkIP) => {
    const { status, body } = await cloud.call("POST", `${ZONE}/instances`, instanceBody("x", networkIP));
    expect(status).toBe(400);
    expect(body.error.message).toContain(`'resource.networkInterfaces[0].networkIP': '${networkIP}'`);
  },
);

test("an address in use fails the operation, and nothing is left of the instance", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("a", "10.240.0.10"));
  const operation = await cloud.change("POST", `${ZONE}/instances`, instanceBody("b", "10.240.0.10"));
  expect(operation.error.errors).toEqual([
    { code: "IP_IN_USE_BY_ANOTHER_RESOURCE", message: "IP '10.240.0.10' is already being used by another resource." },
  ]);
  expect(operation).toMatchObject({ httpErrorStatusCode: 400, httpErrorMessage: "BAD REQUEST" });
  expect((await cloud.get(`${ZONE}/instances/b`)).status).toBe(404);
  expect((await cloud.get(`${ZONE}/disks/b`)).status).toBe(404);
});

test("a reserved internal address may be used by one instance", async () => {
  await cloud.change("POST", `${REGION}/addresses`, {
    name: "fixed",
    addressType: "INTERNAL",
    subnetwork: "regions/us-central1/subnetworks/sub",
    address: "10.240.0.20",
  });
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("auto"));
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("a", "10.240.0.20"));
  expect((await cloud.get(`${REGION}/addresses/fixed`)).body).toMatchObject({
    status: "IN_USE",
    users: [`${LINK}/zones/us-central1-a/instances/a`],
  });
  expect((await cloud.call("DELETE", `${REGION}/addresses/fixed`)).status).toBe(400);
});

test("a machine that does not boot fails the insert and leaves nothing", async () => {
  cloud.fabric.before = (call) => {
    if (call.startsWith("boot")) throw new Error("no init");
  };
  const operation = await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  expect(operation.error.errors[0]).toEqual({ code: "INTERNAL_ERROR", message: "Internal error: no init" });
  expect((await cloud.get(`${ZONE}/instances/controller-0`)).status).toBe(404);
  expect((await cloud.get(`${ZONE}/disks/controller-0`)).status).toBe(404);
  expect(cloud.fabric.calls).toContain("erase 1");
});

test("stop gives up the ephemeral address, start gets one, the internal one stays", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  await cloud.change("POST", `${ZONE}/instances/controller-0/stop`);
  const stopped = await get();
  expect(stopped.status).toBe("TERMINATED");
  expect(stopped.networkInterfaces[0].accessConfigs[0].natIP).toBeUndefined();
  expect(cloud.fabric.machines.size).toBe(0);
  expect(cloud.fabric.converged.machines[0]).toMatchObject({ internalIp: "10.240.0.2", externalIp: undefined });
  await cloud.change("POST", `${ZONE}/instances/controller-0/start`);
  expect((await get()).networkInterfaces[0]).toMatchObject({
    networkIP: "10.240.0.2",
    accessConfigs: [{ natIP: "203.0.113.128" }],
  });
  expect(cloud.fabric.machines).toEqual(new Set([1]));
});

test("a reserved external address stays through a stop", async () => {
  await cloud.change("POST", `${REGION}/addresses`, { name: "front" });
  const body = instanceBody();
  body.networkInterfaces[0].accessConfigs = [{ natIP: "203.0.113.128" }];
  await cloud.change("POST", `${ZONE}/instances`, body);
  await cloud.change("POST", `${ZONE}/instances/controller-0/stop`);
  expect((await get()).networkInterfaces[0].accessConfigs[0].natIP).toBe("203.0.113.128");
});

test("reset is a hard stop and a boot; the instance runs all along", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  await cloud.change("POST", `${ZONE}/instances/controller-0/reset`);
  expect(cloud.fabric.calls.slice(-2)).toEqual(["halt 1 force", "boot 1"]);
  expect((await get()).status).toBe("RUNNING");
});

test("delete shuts down, removes the disk, and frees name, number and addresses", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  await cloud.change("DELETE", `${ZONE}/instances/controller-0`);
  expect(cloud.fabric.calls).toEqual(expect.arrayContaining(["halt 1", "erase 1"]));
  expect((await cloud.get(`${ZONE}/disks/controller-0`)).status).toBe(404);
  expect(cloud.fabric.converged.machines).toEqual([]);
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  expect(cloud.fabric.converged.machines).toMatchObject([{ id: 1, externalIp: "203.0.113.128" }]);
});

test("a disk that is not auto-deleted boots the next instance", async () => {
  const body = instanceBody();
  body.disks[0].autoDelete = false;
  await cloud.change("POST", `${ZONE}/instances`, body);
  await cloud.change("DELETE", `${ZONE}/instances/controller-0`);
  expect(cloud.fabric.calls.filter((call) => call.startsWith("erase"))).toEqual([]);
  const again = instanceBody("again");
  again.disks = [{ boot: true, autoDelete: true, source: "zones/us-central1-a/disks/controller-0" }];
  await cloud.change("POST", `${ZONE}/instances`, again);
  expect(cloud.fabric.converged.machines).toMatchObject([{ id: 1, name: "again" }]);
});

test("a machine that powers off by itself is terminated, and can be started", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const changed = new Promise((resolve) => cloud.store.once("change", () => resolve(undefined)));
  cloud.fabric.powerOff(1);
  await changed;
  expect((await get()).status).toBe("TERMINATED");
  expect((await get()).networkInterfaces[0].accessConfigs[0].natIP).toBeUndefined();
  const { body } = await cloud.get(`${ZONE}/operations`);
  expect(body.items.map((one: Json) => one.operationType)).toContain("compute.instances.guestTerminate");
  await cloud.change("POST", `${ZONE}/instances/controller-0/start`);
  expect((await get()).status).toBe("RUNNING");
});

test.each([
  [
    "setMetadata",
    "metadata",
    (one: Json) => ({ items: [{ key: "a", value: "b" }], fingerprint: one.metadata.fingerprint }),
  ],
  ["setTags", "tags", (one: Json) => ({ items: ["x"], fingerprint: one.tags.fingerprint })],
  ["setLabels", "labels", (one: Json) => ({ labels: { x: "y" }, labelFingerprint: one.labelFingerprint })],
])("%s needs the present fingerprint", async (verb, field, body) => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0/${verb}`;
  const wanted = body(await get());
  await cloud.change("POST", url, wanted);
  const after = await get();
  expect(after[field]).toMatchObject(field === "labels" ? { x: "y" } : { items: expect.any(Array) });
  const stale = await cloud.call("POST", url, wanted);
  expect(stale.status).toBe(412);
  expect(stale.body.error.errors[0].reason).toBe("conditionNotMet");
  const without = { ...wanted, fingerprint: undefined, labelFingerprint: undefined };
  expect((await cloud.call("POST", url, without)).status).toBe(412);
});

test("new tags reach the firewall", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const { fingerprint } = (await get()).tags;
  await cloud.change("POST", `${ZONE}/instances/controller-0/setTags`, { items: ["a", "b"], fingerprint });
  expect(cloud.fabric.converged.machines[0]!.tags).toEqual(["a", "b"]);
});

test("the machine type changes on a stopped instance only", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0/setMachineType`;
  const body = { machineType: "zones/us-central1-a/machineTypes/n2-standard-4" };
  const refused = await cloud.call("POST", url, body);
  expect(refused.status).toBe(400);
  expect(refused.body.error.errors[0].reason).toBe("resourceNotReady");
  await cloud.change("POST", `${ZONE}/instances/controller-0/stop`);
  await cloud.change("POST", url, body);
  await cloud.change("POST", `${ZONE}/instances/controller-0/start`);
  expect(cloud.fabric.converged.machines[0]).toMatchObject({ cpus: 4, memoryMiB: 16384 });
});

test("access configs are taken away and added", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0`;
  await cloud.change("POST", `${url}/deleteAccessConfig?accessConfig=external-nat&networkInterface=nic0`);
  expect((await get()).networkInterfaces[0].accessConfigs).toBeUndefined();
  expect(cloud.fabric.converged.machines[0]!.externalIp).toBeUndefined();
  await cloud.change("POST", `${url}/addAccessConfig?networkInterface=nic0`, { type: "ONE_TO_ONE_NAT", name: "mine" });
  expect((await get()).networkInterfaces[0].accessConfigs).toMatchObject([{ name: "mine", natIP: "203.0.113.128" }]);
  const second = await cloud.call("POST", `${url}/addAccessConfig?networkInterface=nic0`, {});
  expect(second.body.error.message).toContain("At most one access config");
});

test("deletion protection and auto-delete are set by query parameters", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0`;
  await cloud.change("POST", `${url}/setDeletionProtection?deletionProtection=true`);
  expect((await cloud.call("DELETE", url)).status).toBe(400);
  await cloud.change("POST", `${url}/setDeletionProtection?deletionProtection=false`);
  await cloud.change("POST", `${url}/setDiskAutoDelete?autoDelete=false&deviceName=persistent-disk-0`);
  expect((await get()).disks[0].autoDelete).toBe(false);
});

test("PUT of the whole instance changes the description, and refuses what has a method of its own", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const whole = await get();
  // The provider sends the fields of every object in an order of its own.
  whole.networkInterfaces = [Object.fromEntries(Object.entries(whole.networkInterfaces[0]).reverse())];
  await cloud.change("PUT", `${ZONE}/instances/controller-0`, { ...whole, description: "first" });
  expect((await get()).description).toBe("first");
  const { status, body } = await cloud.call("PUT", `${ZONE}/instances/controller-0`, {
    ...(await get()),
    canIpForward: false,
  });
  expect(status).toBe(400);
  expect(body.error.message).toContain("canIpForward");
});

test.each<[string, (body: Json) => void, string]>([
  [
    "an unknown machine type",
    (b) => (b.machineType = "zones/us-central1-a/machineTypes/e9-huge"),
    "machineType resource cannot be found",
  ],
  [
    "a machine type of another zone",
    (b) => (b.machineType = "zones/us-central1-b/machineTypes/e2-small"),
    "'us-central1-a'",
  ],
  [
    "an unknown image",
    (b) => (b.disks[0].initializeParams.sourceImage = "projects/debian-cloud/global/images/family/debian-1"),
    "image resource cannot be found",
  ],
  [
    "an image of one's own",
    (b) => (b.disks[0].initializeParams.sourceImage = "global/images/mine"),
    "image resource cannot be found",
  ],
  [
    "an image of the other architecture",
    (b) => (b.disks[0].initializeParams.sourceImage = "projects/debian-cloud/global/images/family/debian-12-arm64"),
    "does not match",
  ],
  ["a disk smaller than its image", (b) => (b.disks[0].initializeParams.diskSizeGb = "5"), "diskSizeGb"],
  ["no image", (b) => delete b.disks[0].initializeParams, "Required field"],
  ["a boot flag missing", (b) => (b.disks[0].boot = false), "resource.disks[0].boot"],
  ["two disks", (b) => b.disks.push({ ...b.disks[0], boot: false }), "additional disks"],
  ["two interfaces", (b) => b.networkInterfaces.push(b.networkInterfaces[0]), "more than one network interface"],
  [
    "an unknown network",
    (b) => (b.networkInterfaces[0] = { network: "global/networks/nowhere" }),
    "network resource cannot be found",
  ],
  [
    "an unknown subnetwork",
    (b) => (b.networkInterfaces[0].subnetwork = "regions/us-central1/subnetworks/nowhere"),
    "subnetwork resource cannot be found",
  ],
  [
    "a subnetwork of another region",
    (b) => (b.networkInterfaces[0].subnetwork = "regions/us-east1/subnetworks/sub"),
    "subnetwork",
  ],
  ["no subnetwork in custom mode", (b) => delete b.networkInterfaces[0].subnetwork, "A subnetwork must be specified"],
  [
    "an address nobody reserved",
    (b) => (b.networkInterfaces[0].accessConfigs = [{ natIP: "203.0.113.200" }]),
    "was not found in the region",
  ],
  ["a bad name", (b) => (b.name = "Controller_0"), "'resource.name': 'Controller_0'"],
  ["a name too long", (b) => (b.name = "a".repeat(64)), "'resource.name'"],
  ["no name", (b) => delete b.name, "Required field 'resource.name'"],
  [
    "a key given twice",
    (b) =>
      (b.metadata.items = [
        { key: "a", value: "secret1" },
        { key: "a", value: "secret2" },
      ]),
    "key 'a' is given twice",
  ],
  ["a bad key", (b) => (b.metadata.items = [{ key: "a b", value: "" }]), "resource.metadata.items[0].key"],
  ["a GPU", (b) => (b.guestAccelerators = [{}]), "guest accelerators"],
  ["IPv6", (b) => (b.networkInterfaces[0].stackType = "IPV4_IPV6"), "IPv6"],
  ["a misspelt field", (b) => (b.canIPForward = true), 'Unknown name "canIPForward"'],
  ["numbers for text", (b) => (b.machineType = 5), "resource.machineType"],
])("an instance with %s is refused and nothing is left", async (_what, spoil, message) => {
  const body = instanceBody();
  spoil(body);
  const { status, body: answer } = await cloud.call("POST", `${ZONE}/instances`, body);
  expect(status).toBe(400);
  expect(answer.error.message).toContain(message);
  expect(JSON.stringify(answer)).not.toContain("secret");
  expect((await cloud.get(`${PROJECT}/aggregated/disks`)).body.items["zones/us-central1-a"].disks).toBeUndefined();
});

test("every problem of a body is listed", async () => {
  const { body } = await cloud.call("POST", `${ZONE}/instances`, { ...instanceBody(), name: "A", canIpForward: "yes" });
  expect(body.error.errors.map((one: Json) => one.message)).toEqual([
    expect.stringContaining("resource.name"),
    expect.stringContaining("resource.canIpForward"),
  ]);
});

test("guest attributes are read by path and by key, when the metadata allows it", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0/getGuestAttributes`;
  expect((await cloud.get(`${url}?queryPath=hostkeys/`)).status).toBe(404);
  await cloud.store.record((draft) => {
    Object.values(draft.instances)[0]!.guestAttributes = { hostkeys: { "ssh-ed25519": "AAAA" } };
  });
  expect((await cloud.get(`${url}?queryPath=hostkeys/`)).body).toMatchObject({
    queryPath: "hostkeys/",
    queryValue: { items: [{ namespace: "hostkeys", key: "ssh-ed25519", value: "AAAA" }] },
  });
  expect((await cloud.get(`${url}?variableKey=hostkeys/ssh-ed25519`)).body.variableValue).toBe("AAAA");
  const { fingerprint } = (await get()).metadata;
  await cloud.change("POST", `${ZONE}/instances/controller-0/setMetadata`, { fingerprint });
  expect((await cloud.get(`${url}?queryPath=hostkeys/`)).status).toBe(404);
});

test("a network or subnetwork with an instance stays", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  expect((await cloud.call("DELETE", `${REGION}/subnetworks/sub`)).body.error.message).toContain(
    "instances/controller-0",
  );
  expect((await cloud.call("DELETE", `${GLOBAL}/networks/net`)).status).toBe(400);
});
