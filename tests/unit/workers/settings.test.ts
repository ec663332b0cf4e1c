import { readFileSync } from "fs";
import { join } from "path";
import { parse } from "yaml";
import { SettingsError } from "../../../settings/problems";
import { checkAgainstControlPlane, parseSettings, schema } from "../../../workers/settings";
import { workersSettings } from "./settings";

const RANGES = { subnetCidr: "10.240.0.0/24", podCidr: "10.200.0.0/16", serviceCidr: "10.32.0.0/24" };

const parsed = (changes: Record<string, unknown> = {}, region: string | undefined = "europe-west1") =>
  parseSettings(workersSettings(changes), "dev", region);

/** The problems that settings have, one a line, without the stack's name. */
function problems(changes: Record<string, unknown>, region: string | undefined = "europe-west1"): string[] {
  try {
    checkAgainstControlPlane(parsed(changes, region), RANGES, "dev");
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
}

test("Pulumi.yaml and the rules have the same settings, and its defaults are right", () => {
  const { config } = parse(readFileSync(join(__dirname, "../../../workers/Pulumi.yaml"), "utf8")) as { config: object };
  expect(Object.keys(config).sort()).toEqual(Object.keys(schema.shape).sort());
  expect(problems({})).toEqual([]);
});

test("a group has defaults, and all zones of the region", () => {
  const { groups } = parsed({
    groups: { worker: { count: 2 }, gpu: { count: 1, zones: ["europe-west1-c"], labels: { disk: "ssd" } } },
  });
  expect(groups.worker).toMatchObject({ machineType: "e2-standard-2", diskSizeGb: 50, taints: [], labels: {} });
  expect(groups.worker!.zones).toEqual(["europe-west1-b", "europe-west1-c", "europe-west1-d"]);
  expect(groups.gpu).toMatchObject({ zones: ["europe-west1-c"], labels: { disk: "ssd" } });
});

test.each([
  ["a missing control plane", { controlPlane: "" }, [/^workers:controlPlane must be a stack's full name/]],
  ["no administrators", { administratorCidrs: [] }, [/^workers:administratorCidrs must list the ranges/]],
  ["SSH for everybody", { administratorCidrs: ["0.0.0.0/0"] }, [/must not open SSH to everybody.*got "0.0.0.0\/0"$/]],
  ["groups that are no map", { groups: "two" }, [/^workers:groups must map names to groups/]],
  ["a group without a count", { groups: { worker: {} } }, [/^workers:groups\.worker\.count must be a whole number/]],
  [
    "a group with an unknown key",
    { groups: { worker: { count: 1, machinetype: "e2-small" } } },
    [/^workers:groups\.worker must have count/],
  ],
  [
    "a group called like controllers",
    { groups: { controller: { count: 1 } } },
    [/^workers:groups\.controller must not be controller/],
  ],
  [
    "a wrong name of a group",
    { groups: { Big_One: { count: 1 } } },
    [/^workers:groups\.Big_One must have group names/],
  ],
  [
    "a disk that the machine type does not take",
    { groups: { worker: { count: 1, machineType: "c4-standard-2" } } },
    [/^workers:groups\.worker\.diskType must be a Hyperdisk/],
  ],
  [
    "a taint without an effect",
    { groups: { worker: { count: 1, taints: [{ key: "gpu", value: "yes" }] } } },
    [/^workers:groups\.worker\.taints\.effect must be NoSchedule/],
  ],
  [
    "a zone elsewhere",
    { groups: { worker: { count: 1, zones: ["us-east1-b"] } } },
    [/^workers:groups must have zones of europe-west1: .*got "us-east1-b"$/],
  ],
  [
    "a subnet within the Pods' range",
    { subnetCidr: "10.200.16.0/20" },
    [/^workers:subnetCidr must not overlap podCidr 10.200.0.0\/16 of organization\/hardway\/dev/],
  ],
  [
    "more workers than places",
    { groups: { a: { count: 200 }, b: { count: 57 } } },
    [/^workers:groups must have 256 workers at most/],
  ],
  [
    "renewal before the beginning",
    { certificateDays: 30, renewBeforeDays: 30 },
    [/^workers:renewBeforeDays must be less than certificateDays/],
  ],
  ["a misspelled setting", { imageMiror: "http://mirror.example" }, [/did you mean workers:imageMirror\?/]],
] as [string, Record<string, unknown>, RegExp[]][])("%s is refused", (_, changes, expected) => {
  const found = problems(changes);
  expect(found).toHaveLength(expected.length);
  expected.forEach((pattern, i) => expect(found[i]).toMatch(pattern));
});

test("all problems are listed at once", () => {
  expect(problems({ controlPlane: "", sshUser: "root", runcVersion: "v1" })).toHaveLength(3);
});

test("without a region there are no zones", () => {
  expect(() => parsed({}, "")).toThrow(/gcp:region must be set/);
});
