import * as pulumi from "@pulumi/pulumi";
import { checkAgainstRunning } from "../../settings/running";
import { readSettings } from "../../config";
import { Mocks } from "./mocks";
import { rawSettings } from "./settings";

const running = {
  network: "hardway-test",
  serviceCidr: "10.32.0.0/24",
  controllers: ["b", "c", "d"].map((letter, i) => ({
    name: `controller-${i}`,
    instance: `hardway-test-controller-${i}`,
    zone: `europe-west1-${letter}`,
    internalIp: `10.240.0.${10 + i}`,
    externalIp: `203.0.113.${10 + i}`,
  })),
};
const planned = {
  name: "hardway-test",
  zones: running.controllers.map((c) => c.zone),
  controllerAddresses: running.controllers.map((c) => c.internalIp),
  serviceCidr: running.serviceCidr,
};
const problems = (changes: Partial<typeof planned>) =>
  checkAgainstRunning({ ...planned, ...changes }, running).map((p) => `${p.key} ${p.value} ${p.message}`);

test("what a running cluster can follow is no problem, nor is anything when none runs", () => {
  expect(problems({})).toEqual([]);
  expect(checkAgainstRunning({ ...planned, serviceCidr: "10.96.0.0/16" }, {})).toEqual([]);
});

test.each<[string, Partial<typeof planned>, RegExp]>([
  ["another name", { name: "blue" }, /^name blue is not hardway-test, .* second stack/],
  [
    "fewer controllers",
    { controllerAddresses: ["10.240.0.10"] },
    /^controllers 1 is not the 3 .* etcd .* second stack/,
  ],
  ["more controllers", { controllerAddresses: Array<string>(5).fill("") }, /^controllers 5 is not the 3 /],
  [
    "a controller elsewhere",
    { zones: [...planned.zones].reverse() },
    /^zones europe-west1-d .* controller-0 .*west1-b/,
  ],
  [
    "another range of Services",
    { serviceCidr: "10.96.0.0/16" },
    /^serviceCidr 10\.96\.0\.0\/16 is not the 10\.32\.0\.0\/24/,
  ],
])("%s is refused", (_, changes, message) => {
  expect(problems(changes)[0]).toMatch(message);
});

test("the program asks its own stack, and tells all that is wrong", async () => {
  await pulumi.runtime.setMocks(new Mocks(running), "hardway", "test", true, "organization");
  const settings = rawSettings({ controllers: 5, serviceCidr: "10.96.0.0/16" });
  const config = Object.entries(settings).map(([key, value]) => [`hardway:${key}`, value]);
  pulumi.runtime.setAllConfig({ ...Object.fromEntries(config), "gcp:region": "europe-west1" } as Record<
    string,
    string
  >);
  await expect(readSettings()).rejects.toThrow(
    /2 problems in the settings of stack test .*controllers "5".*serviceCidr/s,
  );
});
