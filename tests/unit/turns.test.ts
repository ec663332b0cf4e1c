import * as pulumi from "@pulumi/pulumi";
import { hardwareText, keepsBootDisk } from "../../components/hardware";
import type { LastOutputs, StackOutputs } from "../../outputs";
import { controllers, HARDWARE } from "./controllers";
import { Mocks } from "./mocks";
import { run } from "./run";

/** What the program does with machines when its stack runs already. */

const instances = controllers.map(({ instance }) => instance);
const running: Partial<StackOutputs> = { network: "hardway-test", controllers, kubernetesVersion: "1.36.3" };

const machines = [0, 1, 2].map((i) => `controllers-${i}`);
/** The steps for which each machine waits, directly or indirectly. */
const waits = (mocks: Mocks) =>
  machines.map((name) => [...mocks.waitsFor(name)].filter((other) => other.endsWith("-step")).sort());
const joins = (mocks: Mocks) =>
  machines.map((name) => (mocks.named(name).inputs.metadata as Record<string, string>)["hardway-joins"]);

test("machines that keep their hardware wait for nothing", async () => {
  const { mocks } = await run({}, new Mocks(running, instances));
  expect(waits(mocks)).toEqual([[], [], []]);
});

test("machines with other hardware change one after the other, each when the one before it is healthy", async () => {
  const { mocks } = await run({ machineType: "e2-standard-4" }, new Mocks(running, instances));
  const steps = (n: number) => [`control-plane-controller-${n}-step`, `etcd-controller-${n}-step`];
  expect(waits(mocks)).toEqual([[], steps(0), [...steps(0), ...steps(1)].sort()]);
});

test("Google's provider does not compare the image of a machine that keeps its disk, since an image's name may lack its family's", async () => {
  const before = [controllers[0]!, { ...controllers[1]!, hardware: HARDWARE.replace("debian-12", "debian-13") }];
  const { mocks } = await run({}, new Mocks({ ...running, controllers: before }, instances));
  const ignores = machines.map((name) => mocks.ignored.get(name)!.includes("bootDisk.initializeParams.image"));
  // The second has another image until this update, and the third is new.
  expect(ignores).toEqual([true, false, false]);
});

describe("a machine", () => {
  const hardware = {
    machineType: "e2-standard-2",
    image: "debian-cloud/debian-12",
    diskType: "pd-ssd",
    diskSizeGb: 50,
    secureBoot: true,
  };

  test("has its hardware in the stack's outputs, in words that stay the same", () => {
    expect(hardwareText(hardware)).toBe(HARDWARE);
    expect(hardwareText({ ...hardware, secureBoot: false })).toBe(`${HARDWARE}, without Secure Boot`);
  });

  test.each([
    [{ machineType: "e2-standard-4" }, true],
    [{ diskSizeGb: 60 }, true],
    [{ secureBoot: false }, true],
    [{ image: "debian-cloud/debian-13" }, false],
    [{ diskType: "pd-balanced" }, false],
  ])("with %j instead keeps its boot disk: %s", (change, keeps) => {
    expect(keepsBootDisk(HARDWARE, { ...hardware, ...change })).toBe(keeps);
  });
});

test.each<[string, Partial<StackOutputs>, string[], string]>([
  ["one of the others exists", running, [instances[2]!], "TRUE"],
  ["all machines of the cluster are lost", running, [], "FALSE"],
  ["no cluster has served yet", { ...running, kubernetesVersion: undefined }, instances, "FALSE"],
])("a machine that is made joins its cluster or founds one: %s", async (_, outputs, existing, expected) => {
  const { mocks } = await run({}, new Mocks(outputs, existing));
  expect(joins(mocks)).toEqual([expected, expected, expected]);
});

test("the target pool loses a controller only after the etcd steps, during which it leaves the cluster", async () => {
  const steps = (mocks: Mocks) =>
    [...mocks.waitsFor("front-door-target-pool")].filter((n) => n.endsWith("-step")).sort();
  const fewer = await run({ controllers: "1" }, new Mocks(running, instances));
  expect(steps(fewer.mocks)).toEqual(["etcd-controller-0-step"]);
  const same = await run({}, new Mocks(running, instances));
  expect(steps(same.mocks)).toEqual([]);
});

/** The cluster for which the objects of the API are made. Objects of another one are made again. */
const cluster = (mocks: Mocks) => mocks.named("kubelet-rbac-api").inputs.clusterIdentifier;

test.each<[string, LastOutputs, string[], string]>([
  ["the cluster serves", running, instances, "hardway-test"],
  ["no cluster has served yet", {}, [], "hardway-test"],
  ["all machines of the first cluster are lost", running, [], "hardway-test#2"],
  ["a second cluster serves", { ...running, generation: 2 }, instances, "hardway-test#2"],
  ["all machines of the second cluster are lost", { ...running, generation: 2 }, [], "hardway-test#3"],
])("the objects of the API belong to their cluster: %s", async (_, outputs, existing, expected) => {
  const { mocks, outputs: next } = await run({}, new Mocks(outputs, existing));
  expect(cluster(mocks)).toBe(expected);
  const { generation } = next as { generation?: pulumi.Output<number> };
  expect(generation && (await new Promise((done) => generation.apply(done)))).toBe(
    expected === "hardway-test" ? undefined : Number(expected.split("#")[1]),
  );
});
