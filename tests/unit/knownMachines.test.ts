import * as pulumi from "@pulumi/pulumi";
import { knownMachines } from "../../components/knownMachines";
import type { StackOutputs } from "../../outputs";
import { TestCloud } from "./cloud/harness";
import { Mocks, secretValue } from "./mocks";
import { qualified, runProgram } from "./run";
import { rawSettings } from "./settings";

// The machines and the API of the mocks do not exist.
jest.mock("../../components/reachable", () => ({
  ...jest.requireActual<object>("../../components/reachable"),
  reachable: () => Promise.resolve(),
}));
jest.mock("../../components/readiness", () => ({ whenReady: (endpoint: unknown) => endpoint }));

const instances = [0, 1, 2].map((i) => `hardway-test-controller-${i}`);

/** The outputs of the last update, as far as they are read here. controller-1 is another instance now. */
const running = {
  controllers: ["b", "c", "d"].map((letter, i) => ({
    name: `controller-${i}`,
    instance: instances[i]!,
    instanceId: i === 1 ? "of the lost machine" : String(i),
    zone: `europe-west1-${letter}`,
  })),
  ssh: { hostKeys: Object.fromEntries([0, 1, 2].map((i) => [`controller-${i}`, `KNOWN-${i}`])) },
} as unknown as StackOutputs;

class Watching extends Mocks {
  /** The machines whose host keys were read. */
  readonly read: string[] = [];
  override call(args: pulumi.runtime.MockCallArgs): pulumi.runtime.MockCallResult {
    const { name, queryPath } = args.inputs as { name: string; queryPath?: string };
    if (queryPath === "hostkeys/") this.read.push(name);
    return super.call(args);
  }
}

/** Runs the program after an update with the outputs above. */
async function run(mocks: Watching, preview: boolean, settings: Record<string, string>) {
  const all = { ...qualified("hardway", rawSettings()), "gcp:region": "europe-west1", ...settings };
  await runProgram(mocks, "hardway", all, async () => (await import("../../index")).default(), preview);
}

let cloud: TestCloud;
let endpoint: Record<string, string>;
const pool = "/compute/v1/projects/p/regions/europe-west1/targetPools";
beforeAll(async () => {
  jest.spyOn(console, "log").mockImplementation();
  cloud = await TestCloud.start();
  endpoint = { "gcp:computeCustomEndpoint": `${cloud.url}/compute/v1/`, "gcp:accessToken": "any" };
  await cloud.change("POST", pool, { name: "hardway-test" });
});
afterAll(() => cloud.end());

const members = async () => ((await cloud.get(`${pool}/hardway-test`)).body as { instances?: string[] }).instances;

test("the host key of the same instance is not read again, that of a new one is, and a preview changes no pool", async () => {
  const mocks = new Watching(running, instances);
  await run(mocks, true, endpoint);
  expect(mocks.read).toEqual([instances[1]]);
  const keys = mocks.of("command:remote:Command").map(({ inputs }) => secretValue(inputs.connection));
  expect(keys.slice(0, 3)).toMatchObject([
    { hostKey: "KNOWN-0" },
    { hostKey: `ecdsa-sha2-nistp256 HOSTKEY-${instances[1]}` },
    { hostKey: "KNOWN-2" },
  ]);
  expect(await members()).toBeUndefined();
});

test("an update puts a new instance back into the pool that dropped the old one, and asks about no other", async () => {
  await run(new Watching(running, instances), false, endpoint);
  expect(await members()).toEqual([
    expect.stringMatching(/\/projects\/p\/zones\/europe-west1-c\/instances\/hardway-test-controller-1$/),
  ]);
});

test("a machine's identity is known only if an update recorded both its instance and its key", () => {
  const { controllers, ssh } = running;
  const partial = { controllers, ssh: { hostKeys: { "controller-0": ssh.hostKeys["controller-0"]! } } };
  const identified = (...args: Parameters<typeof knownMachines>) =>
    [...knownMachines(...args)].filter(([, { identity }]) => identity).map(([name]) => name);
  expect(identified(partial, new Map())).toEqual(["controller-0"]);
  const old = controllers.map(({ name, instance }) => ({ name, instance }));
  expect(identified({ controllers: old, ssh }, new Map())).toEqual([]);
  expect(knownMachines({}, new Map()).size).toBe(0);
});
