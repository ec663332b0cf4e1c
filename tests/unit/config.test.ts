import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { parseSettings } from "../../config";
import { SettingsError } from "../../settings/problems";
import { schema } from "../../settings/schema";
import { project, rawSettings } from "./settings";

const context = { project: "hardway", stack: "dev", region: "europe-west1" };
const parse = (changes: Record<string, unknown> = {}) => parseSettings(rawSettings(changes), context);

function problemsOf(changes: Record<string, unknown>, region = context.region) {
  try {
    parseSettings(rawSettings(changes), { ...context, region });
  } catch (error) {
    if (error instanceof SettingsError)
      return error.problems.map(({ key, value, message }) => `${key} ${value ?? ""} ${message}`);
    throw error;
  }
  return [];
}

test("Pulumi.yaml documents every setting the program reads, and no other", () => {
  expect(Object.keys(project.config)).toEqual(Object.keys(schema.shape));
  for (const { description } of Object.values(project.config)) expect(description).toMatch(/\.$/);
});

test("Pulumi.yaml gives no types: the engine would refuse a wrong one by an error of its own, about nothing else", () => {
  for (const setting of Object.values(project.config)) expect(Object.keys(setting)).toEqual(["default", "description"]);
});

test("the defaults with an administrators' range are a whole set of settings", () => {
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

test.each([1, 3, 5])("%i controllers are as many addresses", (controllers) => {
  expect(parse({ controllers }).controllerAddresses).toHaveLength(controllers);
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ["no controllers", { controllers: 0 }, /controllers 0 .*1, 3 or 5/],
  ["two controllers", { controllers: 2 }, /controllers 2 .*1, 3 or 5/],
  ["an even number", { controllers: 4 }, /controllers 4 .*majority/],
  ["a word", { controllers: "three" }, /controllers three /],
  ["a malformed range", { podCidr: "10.200.0.0" }, /podCidr 10\.200\.0\.0 must be an IPv4 range/],
  ["an octet too large", { subnetCidr: "10.300.0.0/24" }, /subnetCidr 10\.300\.0\.0\/24 must be an IPv4 range/],
  ["host bits", { podCidr: "10.200.1.0/16" }, /did you mean 10\.200\.0\.0\/16/],
  ["overlapping ranges", { podCidr: "10.240.0.0/16" }, /podCidr .* overlaps subnetCidr 10\.240\.0\.0\/24/],
  ["the same service and subnet range", { serviceCidr: "10.240.0.0/24" }, /serviceCidr .* overlaps subnetCidr/],
  [
    "a range that no machine can have",
    { subnetCidr: "127.0.0.0/24" },
    /subnetCidr 127.* loopback; use a private range/,
  ],
  ["a range of multicast", { podCidr: "224.0.0.0/16" }, /podCidr 224.* multicast; use a private range/],
  ["a subnet too small", { controllers: 5, subnetCidr: "10.240.0.0/28" }, /subnetCidr .* too small.*\/27/],
  ["a service range too small", { serviceCidr: "10.32.0.0/29" }, /serviceCidr .* too small.*\/28/],
  ["a Pods' range too small", { podCidr: "10.200.0.0/25" }, /podCidr .* too small.*\/24/],
  ["a Pods' range too large", { podCidr: "64.0.0.0/7" }, /podCidr .* too large.*\/8/],
  ["a service range too large", { serviceCidr: "32.0.0.0/8" }, /serviceCidr .* too large.*\/12/],
  ["an unsupported version", { kubernetesVersion: "1.21.0" }, /kubernetesVersion 1\.21\.0 is not supported.*1\.36/],
  ["a version with a v", { etcdVersion: "v3.7.3" }, /etcdVersion v3\.7\.3 .*without a v/],
  ["an unknown zone", { zones: ["europe-west1-z"] }, /zones europe-west1-z does not exist.*europe-west1-b/],
  ["another region's zone", { zones: ["us-east1-b"] }, /zones us-east1-b is not in the region europe-west1/],
  ["no administrators", { administratorCidrs: [] }, /administratorCidrs .*is required/],
  [
    "a malformed administrator",
    { administratorCidrs: ["me"] },
    /administratorCidrs me must be an IPv4 range written as/,
  ],
  [
    "an administrator twice",
    { administratorCidrs: ["10.0.0.0/8", "10.0.0.0/8"] },
    /administratorCidrs 10.* twice; remove/,
  ],
  ["a zone twice", { zones: ["europe-west1-b", "europe-west1-b"] }, /zones europe-west1-b is listed twice; remove one/],
  ["a number for a zone", { zones: [1] }, /zones 1 is no zone; for example europe-west1-b/],
  ["everybody an administrator", { administratorCidrs: ["0.0.0.0/0"] }, /administratorCidrs .*opens SSH to everybody/],
  ["an authority's lifetime of nothing", { authorityDays: 0 }, /authorityDays 0 is out of range; use 1 to/],
  ["a lifetime of nothing", { certificateDays: 0 }, /certificateDays 0 is out of range; use 1 to/],
  [
    "a leaf outliving its authority",
    { certificateDays: 4000 },
    /certificateDays 4000 must be less than authorityDays, 3650/,
  ],
  ["renewing always", { renewBeforeDays: 365 }, /renewBeforeDays 365 must be less/],
  ["an unknown setting", { controlers: 3 }, /controlers .*did you mean hardway:controllers\?/],
  ["root as the SSH user", { sshUser: "root" }, /sshUser root cannot be used/],
  ["a system group's name as the SSH user", { sshUser: "operator" }, /sshUser operator cannot be used.*group/],
  ["a unit's user as the SSH user", { sshUser: "etcd" }, /sshUser etcd cannot be used/],
  ["a mirror without a scheme", { etcdMirror: "mirror.example/etcd" }, /etcdMirror .*is no http or https URL/],
  ["an event TTL of nothing", { eventTtl: "0s" }, /eventTtl 0s /],
  ["ports the wrong way round", { nodePortRange: "32767-30000" }, /nodePortRange /],
  ["a name clouds refuse", { name: "My_Cluster" }, /name My_Cluster is no name/],
  ["no list", { zones: "europe-west1-b" }, /zones europe-west1-b is no list/],
])("refuses %s", (_, changes, expected) => {
  expect(problemsOf(changes)).toEqual([expect.stringMatching(expected)]);
});

test("refuses an unknown region, and names the nearest", () => {
  expect(problemsOf({}, "europe-wst1")).toEqual([
    expect.stringMatching(/gcp:region europe-wst1 .*did you mean europe-west1\?/),
  ]);
});

test("every address of a subnet that is not refused is inside it, and none of those that the cloud keeps", () => {
  const kept = 2; // at either end
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
      return last.reduce((sum, byte) => sum * 256 + byte) < 10 * 2 ** 24 + 2 ** (32 - bits) - kept;
    }),
  );
});

test("a stack whose name makes no name for cloud resources is asked for one", () => {
  const long = { ...context, stack: `feature_${"x".repeat(40)}` };
  expect(() => parseSettings(rawSettings(), long)).toThrow(
    /hardway:name "hardway-feature-x+" follows from the stack's/,
  );
  expect(parseSettings(rawSettings({ name: "short" }), long).name).toBe("short");
});

test("takes a region it does not know when zones are given", () => {
  expect(problemsOf({ zones: ["mars-north1-a"] }, "mars-north1")).toEqual([]);
});

test("lists all problems at once, with key, value and way out", () => {
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
      "  hardway:zoness is no setting of this program; did you mean hardway:zones?",
      '  hardway:controllers "2" is no number of controllers; etcd wants a majority, so use 1, 3 or 5',
      '  hardway:podCidr "x" must be an IPv4 range written as ADDRESS/BITS, for example 10.240.0.0/24',
      '  hardway:eventTtl "soon" is no length of time above zero; for example 1h or 30m',
      "  hardway:administratorCidrs is required: the ranges that may open SSH connections to the controllers, for example [198.51.100.0/24]",
      '  hardway:certificateDays "4000" must be less than authorityDays, 3650: a certificate cannot outlive its authority',
    ].join("\n"),
  );
});
