import * as pulumi from "@pulumi/pulumi";
import { checkAgainstRunning } from "../../settings/running";
import { readSettings } from "../../config";
import { Mocks } from "./mocks";
import { qualified } from "./run";
import { rawSettings } from "./settings";

const running = {
  network: "hardway-test",
  subnetCidr: "10.240.0.0/24",
  podCidr: "10.200.0.0/16",
  serviceCidr: "10.32.0.0/24",
  kubernetesVersion: "1.36.3",
  etcdVersion: "3.6.16",
  controllers: ["b", "c", "d"].map((letter, i) => ({
    name: `controller-${i}`,
    instance: `hardway-test-controller-${i}`,
    instanceId: String(i),
    zone: `europe-west1-${letter}`,
    hardware: "e2-standard-2",
    internalIp: `10.240.0.${10 + i}`,
    externalIp: `203.0.113.${10 + i}`,
  })),
};
const planned = {
  name: "hardway-test",
  zones: running.controllers.map((c) => c.zone),
  controllerAddresses: running.controllers.map((c) => c.internalIp),
  subnetCidr: running.subnetCidr,
  podCidr: running.podCidr,
  serviceCidr: running.serviceCidr,
  kubernetesVersion: running.kubernetesVersion,
  etcdVersion: running.etcdVersion,
};
const problems = (changes: Partial<typeof planned>) =>
  checkAgainstRunning({ ...planned, ...changes }, running).map((p) => `${p.key} ${p.message}; got ${p.value}`);

test.each<[string, Partial<typeof planned>]>([
  ["the same settings", {}],
  ["more controllers", { controllerAddresses: [0, 1, 2, 3, 4].map((i) => `10.240.0.1${i}`) }],
  ["fewer controllers", { controllerAddresses: ["10.240.0.10"] }],
  ["a larger subnet", { subnetCidr: "10.240.0.0/20" }],
  ["another patch version", { kubernetesVersion: "1.36.1", etcdVersion: "3.6.20" }],
  ["the next minor versions", { kubernetesVersion: "1.37.2", etcdVersion: "3.7.3" }],
])("a running cluster can follow %s", (_, changes) => {
  expect(problems(changes)).toEqual([]);
});

test("any settings are right when no cluster runs", () => {
  expect(checkAgainstRunning({ ...planned, serviceCidr: "10.96.0.0/16" }, {})).toEqual([]);
});

test.each<[string, Partial<typeof planned>, RegExp]>([
  ["another name", { name: "blue" }, /^name must stay hardway-test, .* second stack.*got blue/],
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
  ["another Pod range", { podCidr: "10.204.0.0/16" }, /^podCidr must stay 10\.200\.0\.0\/16, .*got 10\.204\.0\.0\/16/],
  [
    "a subnet with other addresses",
    { subnetCidr: "10.241.0.0/24", controllerAddresses: ["10.241.0.10", "10.241.0.11", "10.241.0.12"] },
    /^subnetCidr must keep the address 10\.240\.0\.10 of controller-0, .*got 10\.241\.0\.0\/24/,
  ],
  ["a smaller subnet", { subnetCidr: "10.240.0.0/25" }, /^subnetCidr must contain 10\.240\.0\.0\/24, .*\/25/],
  [
    "a Kubernetes minor left out",
    { kubernetesVersion: "1.38.0" },
    /^kubernetesVersion must be 1\.36\.x or 1\.37\.x .*got 1\.38\.0/,
  ],
  ["an older etcd minor", { etcdVersion: "3.5.9" }, /^etcdVersion must be 3\.6\.x or 3\.7\.x .*got 3\.5\.9/],
])("refuses %s on a running cluster", (_, changes, message) => {
  expect(problems(changes)[0]).toMatch(message);
});

test("a running version that is not supported any more must be replaced by name", () => {
  const before = { ...running, kubernetesVersion: "1.35.9" };
  expect(checkAgainstRunning({ ...planned, kubernetesVersion: "1.35.9" }, before)).toEqual([
    {
      key: "kubernetesVersion",
      message: "must be set to 1.36.x, because Kubernetes 1.35.9 runs, which this program no longer supports",
    },
  ]);
  expect(checkAgainstRunning({ ...planned, kubernetesVersion: "1.36.3" }, before)).toEqual([]);
});

/** Reads the settings as the program does, on the running stack. */
async function settingsOnRunning(changes: Record<string, unknown>) {
  await pulumi.runtime.setMocks(new Mocks(running), "hardway", "test", true, "organization");
  const gcp = { "gcp:region": "europe-west1", "gcp:computeCustomEndpoint": "http://cloud.invalid/compute/v1/" };
  pulumi.runtime.setAllConfig({ ...qualified("hardway", rawSettings(changes)), ...gcp });
  return readSettings();
}

test("the program reads its own stack's outputs and lists every problem", async () => {
  await expect(settingsOnRunning({ podCidr: "10.204.0.0/16", serviceCidr: "10.96.0.0/16" })).rejects.toThrow(
    /2 problems in the settings of stack test .*podCidr .*got "10.204.0.0\/16".*serviceCidr/s,
  );
});

test("a stack whose settings name no version keeps its versions, and the program says which newer ones there are", async () => {
  const info = jest.spyOn(pulumi.log, "info").mockResolvedValue();
  const { settings } = await settingsOnRunning({ etcdVersion: "3.7.3" });
  expect(settings).toMatchObject({ kubernetesVersion: "1.36.3", etcdVersion: "3.7.3" });
  expect(info.mock.calls).toEqual([[expect.stringMatching(/^Kubernetes stays on 1\.36\.3, .* 1\.37\.2: /)]]);
  info.mockRestore();
});
