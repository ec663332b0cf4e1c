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
  checkAgainstRunning({ ...planned, ...changes }, running).map((p) => `${p.key} ${p.message}; got ${p.value}`);

test("accepts settings that a running cluster can follow, and any settings when no cluster runs", () => {
  expect(problems({})).toEqual([]);
  expect(checkAgainstRunning({ ...planned, serviceCidr: "10.96.0.0/16" }, {})).toEqual([]);
});

test.each<[string, Partial<typeof planned>, RegExp]>([
  ["another name", { name: "blue" }, /^name must stay hardway-test, .* second stack.*got blue/],
  [
    "fewer controllers",
    { controllerAddresses: ["10.240.0.10"] },
    /^controllers must stay 3, .* etcd .* second stack.*got 1/,
  ],
  ["more controllers", { controllerAddresses: Array<string>(5).fill("") }, /^controllers must stay 3, .*got 5/],
  [
    "a controller in another zone",
    { zones: [...planned.zones].reverse() },
    /^zones must keep controller-0 in europe-west1-b, .*got europe-west1-d/,
  ],
  [
    "another service range",
    { serviceCidr: "10.96.0.0/16" },
    /^serviceCidr must stay 10\.32\.0\.0\/24, .*got 10\.96\.0\.0\/16/,
  ],
])("refuses %s on a running cluster", (_, changes, message) => {
  expect(problems(changes)[0]).toMatch(message);
});

test("the program reads its own stack's outputs and lists every problem", async () => {
  await pulumi.runtime.setMocks(new Mocks(running), "hardway", "test", true, "organization");
  const settings = rawSettings({ controllers: 5, serviceCidr: "10.96.0.0/16" });
  const config = Object.entries(settings).map(([key, value]) => [`hardway:${key}`, value]);
  pulumi.runtime.setAllConfig({ ...Object.fromEntries(config), "gcp:region": "europe-west1" } as Record<
    string,
    string
  >);
  await expect(readSettings()).rejects.toThrow(
    /2 problems in the settings of stack test .*controllers .*got "5".*serviceCidr/s,
  );
});
