import { GLOBAL, LINK, REGION, TestCloud } from "./harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
});
afterEach(() => cloud.end());

test("a network is made by an operation and has the fields that Google's provider reads", async () => {
  const operation = await cloud.change("POST", `${GLOBAL}/networks`, { name: "net", autoCreateSubnetworks: false });
  expect(operation).toMatchObject({
    kind: "compute#operation",
    operationType: "insert",
    status: "DONE",
    progress: 100,
    targetLink: `${LINK}/global/networks/net`,
  });
  expect(operation.error).toBeUndefined();
  const { body } = await cloud.get(`${GLOBAL}/networks/net`);
  expect(body).toMatchObject({
    kind: "compute#network",
    name: "net",
    selfLink: `${LINK}/global/networks/net`,
    autoCreateSubnetworks: false,
    mtu: 1460,
    routingConfig: { routingMode: "REGIONAL" },
    networkFirewallPolicyEnforcementOrder: "AFTER_CLASSIC_FIREWALL",
  });
  expect(body.id).toMatch(/^\d{19}$/);
  expect(new Date(body.creationTimestamp).getTime()).toBeGreaterThan(0);
});

test("the fabric gets networks, subnetworks and rules", async () => {
  await cloud.network();
  await cloud.change("POST", `${GLOBAL}/firewalls`, {
    name: "ssh",
    network: `${LINK}/global/networks/net`,
    allowed: [{ IPProtocol: "TCP", ports: ["22", "1000-2000"] }],
    sourceRanges: ["203.0.113.1", "10.0.0.0/8"],
    targetTags: ["controller"],
  });
  expect(cloud.fabric.converged.networks).toEqual([
    {
      id: 1,
      name: "net",
      subnets: [{ name: "sub", cidr: "10.240.0.0/24", gateway: "10.240.0.1" }],
      firewalls: [
        {
          name: "ssh",
          priority: 1000,
          direction: "INGRESS",
          action: "allow",
          sourceRanges: ["203.0.113.1/32", "10.0.0.0/8"],
          destinationRanges: [],
          sourceTags: [],
          targetTags: ["controller"],
          protocols: [{ protocol: "tcp", ports: ["22", "1000-2000"] }],
        },
      ],
      routes: [],
    },
  ]);
});

test("a disabled rule does not reach the fabric", async () => {
  await cloud.network();
  const rule = { name: "off", network: "global/networks/net", denied: [{ IPProtocol: "all" }], disabled: true };
  await cloud.change("POST", `${GLOBAL}/firewalls`, rule);
  expect(cloud.fabric.converged.networks[0]!.firewalls).toEqual([]);
  await cloud.change("PATCH", `${GLOBAL}/firewalls/off`, { disabled: false });
  expect(cloud.fabric.converged.networks[0]!.firewalls).toMatchObject([
    { name: "off", action: "deny", sourceRanges: ["0.0.0.0/0"] },
  ]);
});

test("a patch changes only the given fields", async () => {
  await cloud.network();
  await cloud.change("POST", `${GLOBAL}/firewalls`, {
    name: "api",
    network: "global/networks/net",
    allowed: [{ IPProtocol: "tcp", ports: ["6443"] }],
    sourceRanges: ["192.0.2.0/24"],
    priority: 900,
  });
  await cloud.change("PATCH", `${GLOBAL}/firewalls/api`, { sourceRanges: ["198.51.100.0/24"] });
  const { body } = await cloud.get(`${GLOBAL}/firewalls/api`);
  expect(body).toMatchObject({
    priority: 900,
    direction: "INGRESS",
    sourceRanges: ["198.51.100.0/24"],
    allowed: [{ IPProtocol: "tcp", ports: ["6443"] }],
    disabled: false,
    logConfig: { enable: false },
  });
});

test("an egress rule without ranges applies to every destination", async () => {
  await cloud.network();
  const rule = { name: "out", network: "global/networks/net", direction: "EGRESS", denied: [{ IPProtocol: "all" }] };
  await cloud.change("POST", `${GLOBAL}/firewalls`, rule);
  expect((await cloud.get(`${GLOBAL}/firewalls/out`)).body).toMatchObject({ destinationRanges: ["0.0.0.0/0"] });
});

test.each([
  ["INGRESS", { destinationRanges: ["10.200.1.0/24"] }, { sourceRanges: ["0.0.0.0/0"] }],
  ["EGRESS", { sourceRanges: ["10.200.1.0/24"] }, { destinationRanges: ["0.0.0.0/0"] }],
])("a rule of direction %s may have ranges for its own side", async (direction, own, other) => {
  await cloud.network();
  const rule = { name: "pods", network: "global/networks/net", direction, allowed: [{ IPProtocol: "all" }] };
  await cloud.change("POST", `${GLOBAL}/firewalls`, { ...rule, ...own });
  expect((await cloud.get(`${GLOBAL}/firewalls/pods`)).body).toMatchObject({ ...own, ...other });
  expect(cloud.fabric.converged.networks[0]!.firewalls).toMatchObject([{ direction, ...own, ...other }]);
});

test.each([
  ["both lists", { denied: [{ IPProtocol: "tcp" }] }, "Exactly one of"],
  ["a bad port", { allowed: [{ IPProtocol: "tcp", ports: ["70000"] }] }, "resource.allowed[0].ports[0]"],
  ["a port range backwards", { allowed: [{ IPProtocol: "tcp", ports: ["20-10"] }] }, "20-10"],
  ["ports for icmp", { allowed: [{ IPProtocol: "icmp", ports: ["1"] }] }, "not for icmp"],
  ["an unknown protocol", { allowed: [{ IPProtocol: "http" }] }, "resource.allowed[0].IPProtocol"],
  ["host bits", { sourceRanges: ["10.0.0.1/8"] }, "resource.sourceRanges[0]"],
  ["IPv6", { sourceRanges: ["::/0"] }, "resource.sourceRanges[0]"],
  ["a priority too high", { priority: 70000 }, "resource.priority"],
  ["a misspelt field", { sourceRange: ["10.0.0.0/8"] }, 'Unknown name "sourceRange"'],
  ["source tags on egress", { direction: "EGRESS", sourceTags: ["pod"] }, "resource.sourceTags"],
  ["a bad tag", { targetTags: ["Controller"] }, "resource.targetTags[0]"],
  ["service accounts", { targetServiceAccounts: ["a@b"] }, "service account"],
])("a firewall rule with %s is refused", async (_what, change, message) => {
  await cloud.network();
  const good = { name: "rule", network: "global/networks/net", allowed: [{ IPProtocol: "tcp" }] };
  const { status, body } = await cloud.call("POST", `${GLOBAL}/firewalls`, { ...good, ...change });
  expect(status).toBe(400);
  expect(body.error.message).toContain(message);
  expect((await cloud.get(`${GLOBAL}/firewalls`)).body.items).toBeUndefined();
});

test.each([
  ["the same range", "10.240.0.0/24"],
  ["a wider one", "10.240.0.0/16"],
  ["a part", "10.240.0.128/25"],
])("a subnetwork with %s as another one is refused", async (_what, ipCidrRange) => {
  await cloud.network();
  const { status, body } = await cloud.call("POST", `${REGION}/subnetworks`, {
    name: "other",
    network: "global/networks/net",
    ipCidrRange,
  });
  expect(status).toBe(400);
  expect(body.error.message).toContain("conflicts with existing subnetwork 'sub' in region 'us-central1'");
});

test("two networks may use the same addresses", async () => {
  await cloud.network();
  await cloud.change("POST", `${GLOBAL}/networks`, { name: "two", autoCreateSubnetworks: false });
  const subnet = { name: "sub2", network: "global/networks/two", ipCidrRange: "10.240.0.0/24" };
  const operation = await cloud.change("POST", `${REGION}/subnetworks`, subnet);
  expect(operation.error).toBeUndefined();
  expect(cloud.fabric.converged.networks.map(({ id }) => id)).toEqual([1, 2]);
});

test.each([
  "10.240.0.0",
  "10.240.0.1/24",
  "10.240.0.0/30",
  "10.0.0.0/33",
  "fd00::/64",
  "169.254.0.0/24",
  "100.64.0.0/24",
])("a subnetwork with the range %s is refused", async (ipCidrRange) => {
  await cloud.change("POST", `${GLOBAL}/networks`, { name: "net", autoCreateSubnetworks: false });
  const subnet = { name: "sub", network: "global/networks/net", ipCidrRange };
  const { status, body } = await cloud.call("POST", `${REGION}/subnetworks`, subnet);
  expect(status).toBe(400);
  expect(body.error.errors[0]).toMatchObject({ reason: "invalid", message: expect.stringContaining(ipCidrRange) });
});

test("a range can be made wider, but not narrower", async () => {
  await cloud.network();
  const url = `${REGION}/subnetworks/sub/expandIpCidrRange`;
  expect((await cloud.call("POST", url, { ipCidrRange: "10.240.0.0/25" })).status).toBe(400);
  await cloud.change("POST", url, { ipCidrRange: "10.240.0.0/20" });
  expect((await cloud.get(`${REGION}/subnetworks/sub`)).body.ipCidrRange).toBe("10.240.0.0/20");
});

test("a resource in use cannot be deleted, and the error names its user", async () => {
  await cloud.network();
  const { status, body } = await cloud.call("DELETE", `${GLOBAL}/networks/net`);
  expect(status).toBe(400);
  expect(body.error.errors[0]).toEqual({
    domain: "global",
    reason: "resourceInUseByAnotherResource",
    message:
      "The network resource 'projects/test-project/global/networks/net' is already being used by " +
      "'projects/test-project/regions/us-central1/subnetworks/sub'",
  });
  await cloud.change("DELETE", `${REGION}/subnetworks/sub`);
  await cloud.change("DELETE", `${GLOBAL}/networks/net`);
  expect((await cloud.get(`${GLOBAL}/networks/net`)).status).toBe(404);
  expect(cloud.fabric.converged.networks).toEqual([]);
});

test("an auto mode network is made and deleted with a subnetwork in every region", async () => {
  await cloud.change("POST", `${GLOBAL}/networks`, { name: "auto", autoCreateSubnetworks: true });
  const { body } = await cloud.get(`${REGION}/subnetworks/auto`);
  expect(body).toMatchObject({ ipCidrRange: "10.128.0.0/20", gatewayAddress: "10.128.0.1" });
  await cloud.change("DELETE", `${GLOBAL}/networks/auto`);
  expect((await cloud.get(`${REGION}/subnetworks`)).body.items).toBeUndefined();
});
