import { instanceBody, Json, PROJECT, TestCloud, ZONE } from "../harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
  await cloud.network();
});
afterEach(() => cloud.end());

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
  [
    "a disk type for other machines",
    (b) => (b.disks[0].initializeParams.diskType = "hyperdisk-balanced"),
    "cannot be used",
  ],
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
])("an instance with %s is refused, and nothing is left of it", async (_what, spoil, message) => {
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
