import { GLOBAL, instanceBody, Json, LINK, REGION, TestCloud, ZONE } from "../harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
  await cloud.network();
});
afterEach(() => cloud.end());

const get = async (name = "controller-0"): Promise<Json> => (await cloud.get(`${ZONE}/instances/${name}`)).body;

test("an instance is booted and has the fields that Google's provider reads", async () => {
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

test("instances get the addresses of a subnetwork in order, without the four that Google reserves", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("a"));
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("b"));
  expect([await get("a"), await get("b")].map((one) => one.networkInterfaces[0].networkIP)).toEqual([
    "10.240.0.2",
    "10.240.0.3",
  ]);
});

test.each(["10.240.0.0", "10.240.0.1", "10.240.0.254", "10.240.0.255", "10.240.1.10"])(
  "an instance with the address %s is refused",
  async (networkIP) => {
    const { status, body } = await cloud.call("POST", `${ZONE}/instances`, instanceBody("x", networkIP));
    expect(status).toBe(400);
    expect(body.error.message).toContain(`'resource.networkInterfaces[0].networkIP': '${networkIP}'`);
  },
);

test("an address in use makes the operation fail, and leaves nothing of the instance", async () => {
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

test("a machine that does not boot makes the insert fail, and leaves nothing", async () => {
  cloud.fabric.before = (call) => {
    if (call.startsWith("boot")) throw new Error("no init");
  };
  const operation = await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  expect(operation.error.errors[0]).toEqual({ code: "INTERNAL_ERROR", message: "Internal error: no init" });
  expect((await cloud.get(`${ZONE}/instances/controller-0`)).status).toBe(404);
  expect((await cloud.get(`${ZONE}/disks/controller-0`)).status).toBe(404);
  expect(cloud.fabric.calls).toContain("erase 1");
});

test("a network or subnetwork with an instance cannot be deleted", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  expect((await cloud.call("DELETE", `${REGION}/subnetworks/sub`)).body.error.message).toContain(
    "instances/controller-0",
  );
  expect((await cloud.call("DELETE", `${GLOBAL}/networks/net`)).status).toBe(400);
});
