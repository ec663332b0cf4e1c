import { RESTRICTIONS_PATH } from "../../../local/cloud/addresses";
import { check, report } from "../../../tasks/check/check";
import { imageOf, PERMISSIONS, Planned, policies, quotas } from "../../../tasks/check/needs";
import { Access, findings, inTheWay } from "../../../tasks/check/project";
import { openStack } from "../../../tasks/stack";
import { GLOBAL, TestCloud } from "./harness";

let cloud: TestCloud;
let access: Access;
beforeEach(async () => {
  cloud = await TestCloud.start();
  access = {
    project: "test-project",
    token: "any",
    compute: `${cloud.url}/compute/v1/`,
    resourceManager: `${cloud.url}/v1/`,
  };
});
afterEach(() => cloud.end());

const prod: Planned = {
  name: "hardway-prod",
  region: "us-central1",
  zones: ["us-central1-a", "us-central1-b", "us-central1-c"],
  controllers: 5,
  machineType: "e2-standard-4",
  diskType: "pd-ssd",
  diskSizeGb: 100,
  image: "debian-cloud/debian-12",
};

const restrict = (restrictions: object) => cloud.call("PUT", `${RESTRICTIONS_PATH}/test-project`, restrictions);
const notOk = async (changes: Partial<Planned> = {}) =>
  (await findings(access, { ...prod, ...changes }))
    .filter(({ state }) => state !== "ok")
    .map(({ what, state, seen }) => `${state}: ${what}: ${seen}`);

test("a project that has everything lacks nothing, and each thing that was asked for is a line", async () => {
  const found = await findings(access, prod);
  expect(found.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(report(found).split("\n")).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Compute Engine API +ok +enabled$/),
      expect.stringMatching(/^permissions +ok +all \d+$/),
      expect.stringMatching(/^policy compute\.vmExternalIpAccess +ok +allows it$/),
      expect.stringMatching(/^machine type e2-standard-4 +ok +offered in us-central1-a, us-central1-b, us-central1-c$/),
      expect.stringMatching(/^image debian-cloud\/debian-12 +ok +debian-12-/),
      expect.stringMatching(/^quota CPUS in us-central1 +ok +20 needed, \d+ left of \d+$/),
      expect.stringMatching(/^quota NETWORKS of the project +ok +1 needed/),
    ]),
  );
});

test("all that is missing is told at once, each with the way out", async () => {
  await restrict({
    deniedPermissions: ["compute.instances.create", "compute.networks.create"],
    quotas: { CPUS: 12, IN_USE_ADDRESSES: 4, SSD_TOTAL_GB: 250, FIREWALLS: 3 },
    policies: ["compute.vmExternalIpAccess", "compute.disableGuestAttributesAccess"],
  });
  const wayOut = "Ask for more: https://console.cloud.google.com/iam-admin/quotas?project=test-project";
  expect(await notOk({ machineType: "e2-standard-5", image: "debian-cloud/debian-1" })).toEqual([
    `missing: permissions: 2 of ${PERMISSIONS.length} are missing: compute.instances.create, compute.networks.create. The role roles/compute.admin has all`,
    "missing: policy compute.disableGuestAttributesAccess: is enforced, but machines publish their SSH host keys as guest attributes. Ask your organization for an exception for this project",
    "missing: policy compute.vmExternalIpAccess: denies all, but machines have external addresses. Ask your organization for an exception for this project",
    "missing: machine type e2-standard-5: not offered in us-central1-a, us-central1-b, us-central1-c. Set hardway:machineType or hardway:zones",
    "missing: image debian-cloud/debian-1: not found. Set hardway:image to PROJECT/FAMILY",
    `missing: quota IN_USE_ADDRESSES in us-central1: 6 needed, 4 left of 4. ${wayOut}`,
    `missing: quota SSD_TOTAL_GB in us-central1: 500 needed, 250 left of 250. ${wayOut}`,
    `missing: quota FIREWALLS of the project: 4 needed, 3 left of 3. ${wayOut}`,
  ]);
  expect(await notOk()).toContainEqual(`missing: quota CPUS in us-central1: 20 needed, 12 left of 12. ${wayOut}`);
});

test("a disabled API is told with the command that enables it, and with what the other API tells", async () => {
  await restrict({ disabledServices: ["compute.googleapis.com"], policies: ["compute.requireOsLogin"] });
  expect(await notOk()).toEqual([
    "missing: Compute Engine API: not enabled. Run: gcloud services enable compute.googleapis.com --project test-project",
    expect.stringMatching(/^missing: policy compute.requireOsLogin: is enforced/),
  ]);
});

test("what Google does not tell is not called missing", async () => {
  await restrict({
    disabledServices: ["cloudresourcemanager.googleapis.com"],
    deniedPermissions: ["compute.machineTypes.get"],
  });
  const found = await notOk();
  expect(found[0]).toMatch(
    /^unknown: permissions: Google does not tell: Cloud Resource Manager API .*gcloud services enable cloudresourcemanager/,
  );
  expect(found.at(-1)).toMatch(/^unknown: machine type, image, quotas: .*'compute.machineTypes.get'/);
  expect(found.filter((line) => line.startsWith("missing"))).toEqual([]);
});

test("a network of the cluster's name means that the stack has its quotas already", async () => {
  await cloud.change("POST", `${GLOBAL}/networks`, { name: "hardway-prod", autoCreateSubnetworks: false });
  await restrict({ quotas: { CPUS: 1 } });
  expect(await notOk()).toEqual([]);
});

test("newer series and Hyperdisk have separate quotas", () => {
  const { regional } = quotas({ ...prod, machineType: "n2-standard-4", diskType: "hyperdisk-balanced" }, 4, [
    "N2_CPUS",
  ]);
  expect(regional).toEqual({ N2_CPUS: 20, INSTANCES: 5, HDB_TOTAL_GB: 500, IN_USE_ADDRESSES: 6, STATIC_ADDRESSES: 6 });
});

test.each([
  [{ listPolicy: { allowedValues: ["projects/debian-cloud"] } }, undefined],
  [{ listPolicy: { allowedValues: ["is:projects/debian-cloud"] } }, undefined],
  [{ listPolicy: { allowedValues: ["projects/own"] } }, "does not allow projects/debian-cloud"],
  [{ listPolicy: { deniedValues: ["projects/debian-cloud"] } }, "does not allow projects/debian-cloud"],
  [{ listPolicy: { allValues: "DENY" } }, "denies all"],
  [{ listPolicy: { allValues: "ALLOW" } }, undefined],
  [{}, undefined],
])("the policy %j for images of debian-cloud: %s", (policy, problem) => {
  expect(inTheWay(policy, [["projects/debian-cloud"]])).toBe(problem);
});

test("a policy about instances names each machine in its zone", () => {
  const need = policies(prod, "p").find(({ constraint }) => constraint === "compute.vmExternalIpAccess");
  expect(need?.values?.[3]).toEqual(["projects/p/zones/us-central1-a/instances/hardway-prod-controller-3"]);
});

test.each([
  ["debian-cloud/debian-12", { project: "debian-cloud", family: "debian-12" }],
  ["projects/p/global/images/family/f", { project: "p", family: "f" }],
  ["https://www.googleapis.com/compute/v1/projects/p/global/images/family/f", { project: "p", family: "f" }],
  ["projects/p/global/images/one", undefined],
  ["debian-12", undefined],
])("the image %s is %j", (image, named) => {
  expect(imageOf(image)).toEqual(named);
});

test("the task prints the findings of a stack, with the credentials of its settings, and fails when something is missing", async () => {
  const log = jest.spyOn(console, "log").mockImplementation();
  const stack = openStack("dev");
  const endpoints = {
    "gcp:computeCustomEndpoint": access.compute,
    "gcp:resourceManagerCustomEndpoint": access.resourceManager,
  };
  Object.assign(stack.settings.config, endpoints, { "gcp:accessToken": "any", "gcp:project": "test-project" });
  expect(await check(stack)).toBe(0);
  expect(log).toHaveBeenLastCalledWith("\nProject test-project for stack dev: nothing is missing.");
  await restrict({ policies: ["compute.vmCanIpForward"] });
  expect(await check(stack)).toBe(1);
  expect(log).toHaveBeenLastCalledWith("\nProject test-project for stack dev: 1 missing.");
  log.mockRestore();
});

test("without credentials, the task says how to get some", async () => {
  const { PATH } = process.env;
  process.env.PATH = "/nonexistent";
  await expect(check(openStack("dev"))).rejects.toThrow(
    /^no credentials of Google Cloud, because gcloud does not run .*run gcloud auth application-default login, or set GOOGLE_OAUTH_ACCESS_TOKEN$/,
  );
  process.env.PATH = PATH;
});
