import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { parseSettings } from "../../config";
import { ETCD_MINORS, KUBERNETES_MINORS } from "../../node/versions";
import { SettingsError } from "../../settings/problems";
import { schema } from "../../settings/schema";
import { project, rawSettings } from "./settings";

const context = { project: "hardway", stack: "dev", region: "europe-west1" };
const parse = (changes: Record<string, unknown> = {}) => parseSettings(rawSettings(changes), context);
const supported = (minors: string[]) => minors.map((minor) => `${minor}.x`).join(" or ");

function problemsOf(changes: Record<string, unknown>, region = context.region) {
  try {
    parseSettings(rawSettings(changes), { ...context, region });
  } catch (error) {
    if (error instanceof SettingsError)
      return error.problems.map(({ key, value, message }) => `${key} ${message}; got ${value}`);
    throw error;
  }
  return [];
}

test("Pulumi.yaml documents every setting that the program reads, and no other", () => {
  expect(Object.keys(project.config)).toEqual(Object.keys(schema.shape));
  for (const { description } of Object.values(project.config)) expect(description).toMatch(/\.$/);
});

test("Pulumi.yaml gives no types, because the engine would then report only the first wrong setting", () => {
  for (const setting of Object.values(project.config)) expect(Object.keys(setting)).toEqual(["default", "description"]);
});

test("the defaults and a range for administrators are a complete set of settings", () => {
  expect(parse()).toMatchObject({
    name: "hardway-dev",
    controllers: 3,
    zones: ["europe-west1-b", "europe-west1-c", "europe-west1-d"],
    controllerAddresses: ["10.240.0.10", "10.240.0.11", "10.240.0.12"],
    apiClientCidrs: ["198.51.100.0/24"],
    apiServiceIp: "10.32.0.1",
    clusterDnsIp: "10.32.0.10",
  });
});

test.each([1, 3, 5])("%i controllers get the same number of addresses", (controllers) => {
  expect(parse({ controllers }).controllerAddresses).toHaveLength(controllers);
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ["zero controllers", { controllers: 0 }, /controllers must be 1, 3 or 5, .*got 0/],
  ["two controllers", { controllers: 2 }, /controllers must be 1, 3 or 5, .*got 2/],
  ["four controllers", { controllers: 4 }, /controllers .*majority; got 4/],
  ["a word for the number of controllers", { controllers: "three" }, /controllers .*got three/],
  ["a malformed range", { podCidr: "10.200.0.0" }, /podCidr must be an IPv4 range .*got 10\.200\.0\.0/],
  [
    "a range with an octet above 255",
    { subnetCidr: "10.300.0.0/24" },
    /subnetCidr must be an IPv4 range .*got 10\.300\.0\.0\/24/,
  ],
  ["a range with host bits set", { podCidr: "10.200.1.0/16" }, /did you mean 10\.200\.0\.0\/16/],
  ["overlapping ranges", { podCidr: "10.240.0.0/16" }, /podCidr must not overlap subnetCidr 10\.240\.0\.0\/24/],
  ["the same service and subnet range", { serviceCidr: "10.240.0.0/24" }, /serviceCidr must not overlap subnetCidr/],
  [
    "a loopback range for machines",
    { subnetCidr: "127.0.0.0/24" },
    /subnetCidr .*127\.0\.0\.0\/8, which is for loopback; use a private range/,
  ],
  ["a multicast range for Pods", { podCidr: "224.0.0.0/16" }, /podCidr .*multicast; use a private range/],
  ["a subnet that is too small", { controllers: 5, subnetCidr: "10.240.0.0/28" }, /subnetCidr must be \/27 or larger/],
  ["a service range that is too small", { serviceCidr: "10.32.0.0/29" }, /serviceCidr must be \/28 or larger/],
  ["a Pod range that is too small", { podCidr: "10.200.0.0/25" }, /podCidr must be \/24 or larger/],
  ["a Pod range that is too large", { podCidr: "64.0.0.0/7" }, /podCidr must be \/8 or smaller/],
  ["a service range that is too large", { serviceCidr: "32.0.0.0/8" }, /serviceCidr must be \/12 or smaller/],
  [
    "an unsupported Kubernetes version",
    { kubernetesVersion: "1.21.0" },
    new RegExp(`kubernetesVersion must be a supported version: ${supported(KUBERNETES_MINORS)}; got 1.21.0`),
  ],
  [
    "an unsupported etcd version",
    { etcdVersion: "3.5.9" },
    new RegExp(`etcdVersion must be a supported version: ${supported(ETCD_MINORS)}; got 3.5.9`),
  ],
  ["a version with a v", { etcdVersion: "v3.7.3" }, /etcdVersion .*without a v; got v3\.7\.3/],
  ["an unknown zone", { zones: ["europe-west1-z"] }, /zones must be a zone of europe-west1: europe-west1-b, .*-z/],
  ["a zone of another region", { zones: ["us-east1-b"] }, /zones must be in the region europe-west1 .*got us-east1-b/],
  ["an empty list of administrators", { administratorCidrs: [] }, /administratorCidrs must list the ranges/],
  [
    "a malformed range of administrators",
    { administratorCidrs: ["me"] },
    /administratorCidrs must be an IPv4 range .*got me/,
  ],
  [
    "the same range of administrators twice",
    { administratorCidrs: ["10.0.0.0/8", "10.0.0.0/8"] },
    /administratorCidrs must not list an element twice; got 10\.0\.0\.0\/8/,
  ],
  ["the same zone twice", { zones: ["europe-west1-b", "europe-west1-b"] }, /zones must not list an element twice/],
  ["a number for a zone", { zones: [1] }, /zones must be a zone, for example europe-west1-b; got 1/],
  ["SSH for everybody", { administratorCidrs: ["0.0.0.0/0"] }, /administratorCidrs must not open SSH to every/],
  [
    "a lifetime of zero for authorities",
    { authorityDays: 0 },
    /authorityDays must be a whole number from 1 to 36500 \(days\)/,
  ],
  [
    "a lifetime of zero for leaves",
    { certificateDays: 0 },
    /certificateDays must be a whole number from 1 to 36500 \(days\); got 0/,
  ],
  [
    "a leaf that outlives its authority",
    { certificateDays: 4000 },
    /certificateDays must be less than authorityDays \(3650\).*got 4000/,
  ],
  [
    "a renewal at every pulumi up",
    { renewBeforeDays: 365 },
    /renewBeforeDays must be less than certificateDays \(365\)/,
  ],
  ["an unknown setting", { controlers: 3 }, /controlers is not a setting.*did you mean hardway:controllers\?/],
  ["root as the SSH user", { sshUser: "root" }, /sshUser must not be .*got root/],
  ["a system group's name as the SSH user", { sshUser: "operator" }, /sshUser must not be .*group.*got operator/],
  ["a unit's user as the SSH user", { sshUser: "etcd" }, /sshUser must not be .*got etcd/],
  ["a mirror without a scheme", { etcdMirror: "mirror.example/etcd" }, /etcdMirror must be an http or https URL/],
  ["an event TTL of zero", { eventTtl: "0s" }, /eventTtl must be .*from 1s to 8760h.*got 0s/],
  [
    "a disk that a series does not take",
    { machineType: "c4-standard-2" },
    /diskType must be a Hyperdisk, .* series c4 .*got pd-ssd/,
  ],
  [
    "a Hyperdisk for a series without",
    { diskType: "hyperdisk-balanced" },
    /diskType must be a Persistent Disk, .* series e2 .*got hyperdisk-balanced/,
  ],
  [
    "an image of another architecture",
    { machineType: "c4a-standard-2", diskType: "hyperdisk-balanced" },
    /image must be an image for arm64, for example debian-cloud\/debian-12-arm64, .*got debian-cloud\/debian-12/,
  ],
  [
    "a mirror's URL with a password",
    { kubernetesMirror: "https://me:secret@mirror.example" },
    /kubernetesMirror must not contain a user or a password, .*metadata/,
  ],
  ["node ports that contain the API's", { nodePortRange: "6000-7000" }, /nodePortRange must not contain 6443, /],
  [
    "node ports that contain those of all programs",
    { nodePortRange: "1024-32767" },
    /nodePortRange must not contain 2379, 2380, 6443, 10250, 10256, 10257, 10259, because programs .*listen there/,
  ],
  [
    "an audit log that is larger than half of the disk",
    { auditMaxBackups: 50, auditMaxSizeMb: 200, diskSizeGb: 19 },
    /auditMaxBackups must be less, or auditMaxSizeMb \(200\) less, or diskSizeGb \(19\) more, .* 10 GiB, .*got 50/,
  ],
  ["ports the wrong way round", { nodePortRange: "32767-30000" }, /nodePortRange must be .*smaller one first/],
  ["a name that clouds refuse", { name: "My_Cluster" }, /name must have 1 to 40 characters .*got My_Cluster/],
  ["text that is not a list", { zones: "europe-west1-b" }, /zones must be a list, .*got europe-west1-b/],
])("refuses %s", (_, changes, expected) => {
  expect(problemsOf(changes)).toEqual([expect.stringMatching(expected)]);
});

test("refuses an unknown region, and suggests the nearest known one", () => {
  expect(problemsOf({}, "europe-wst1")).toEqual([
    expect.stringMatching(/gcp:region must be a region .*did you mean europe-west1\?; got europe-wst1/),
  ]);
});

test("every controller's address is in the subnet, and not one that the cloud reserves", () => {
  const reserved = 2; // at either end
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 32 }), fc.constantFrom(1, 3, 5), (bits, controllers) => {
      const changes = {
        controllers,
        subnetCidr: `10.0.0.0/${bits}`,
        podCidr: "11.0.0.0/16",
        serviceCidr: "12.0.0.0/24",
      };
      if (problemsOf(changes).length > 0) return bits > 27;
      const last = ipaddr.parse(parse(changes).controllerAddresses.at(-1)!).toByteArray();
      return last.reduce((sum, byte) => sum * 256 + byte) < 10 * 2 ** 24 + 2 ** (32 - bits) - reserved;
    }),
  );
});

test("refuses a name made from a stack's name when clouds would refuse it, and asks for the setting", () => {
  const long = { ...context, stack: `feature_${"x".repeat(40)}` };
  expect(() => parseSettings(rawSettings(), long)).toThrow(
    /hardway:name must have 1 to 40 characters .*made from the names of project and stack; set hardway:name; got "hardway-feature-x+"/,
  );
  expect(parseSettings(rawSettings({ name: "short" }), long).name).toBe("short");
});

test("accepts an unknown region when zones are given", () => {
  expect(problemsOf({ zones: ["mars-north1-a"] }, "mars-north1")).toEqual([]);
});

test("lists all problems at once, each with its key, the rule and the value", () => {
  const wrong = {
    controllers: 2,
    podCidr: "x",
    zoness: [],
    eventTtl: "soon",
    administratorCidrs: [],
    certificateDays: 4000,
  };
  expect(() => parse(wrong)).toThrow(
    [
      "6 problems in the settings of stack dev (Pulumi.dev.yaml); nothing was changed:",
      "  hardway:zoness is not a setting of this program; did you mean hardway:zones?",
      '  hardway:controllers must be 1, 3 or 5, because etcd needs a majority; got "2"',
      '  hardway:podCidr must be an IPv4 range written as ADDRESS/BITS, for example 10.240.0.0/24; got "x"',
      '  hardway:eventTtl must be a length of time from 1s to 8760h, for example 1h or 30m; got "soon"',
      "  hardway:administratorCidrs must list the ranges that may open SSH connections to the controllers, for example [198.51.100.0/24]",
      '  hardway:certificateDays must be less than authorityDays (3650), because a certificate cannot outlive its authority; got "4000"',
    ].join("\n"),
  );
});
