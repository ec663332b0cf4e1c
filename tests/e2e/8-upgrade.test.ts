import { rmSync } from "fs";
import { openStack, readOutputs } from "../../tasks/stack";
import { underLoad } from "../../load/load";
import { expectNothingFailed, HANDED_OVER } from "./nothingFailed";
import { allOk, made, make, writeSettings } from "./support";

/** Real upgrades under load, on a stack beside the one of the other tests. */
const STACK = "upgrade";
const OLD = { "hardway:kubernetesVersion": "1.36.3", "hardway:etcdVersion": "3.6.16" };
const outputs = () => readOutputs(openStack(STACK));

let file: string;
beforeAll(async () => {
  file = writeSettings(STACK, OLD);
  expect(await made("up", { STACK })).toMatch(allOk(STACK));
}, 1_800_000);
afterAll(async () => {
  await make("down", { STACK });
  rmSync(file, { force: true });
}, 120_000);

/** A version that the settings do not name stays as it is. `says` is what `make up` says about that. */
test.each([
  {
    what: "etcd by a minor version",
    settings: { "hardway:etcdVersion": "3.7.3" },
    runs: { kubernetesVersion: "1.36.3", etcdVersion: "3.7.3" },
    says: [expect.stringMatching(/^Kubernetes stays on 1\.36\.3, .* set kubernetesVersion 1\.37\.2 /)],
  },
  {
    what: "Kubernetes by a minor version",
    settings: { "hardway:kubernetesVersion": "1.37.2" },
    runs: { kubernetesVersion: "1.37.2", etcdVersion: "3.7.3" },
    says: [],
  },
])(
  "an upgrade of $what: no request fails, but for writes that etcd drops while its leader hands over",
  async ({ settings, runs, says }) => {
    writeSettings(STACK, settings);
    const { kubeconfig, controllers } = await outputs();
    const outcome = await underLoad(kubeconfig, controllers[0]!.name, async (load) => {
      await load.continues(3);
      const up = await made("up", { STACK }, 1_800_000);
      expect(up).toMatch(allOk(STACK));
      const [, diagnostics = ""] = up.split("Diagnostics:");
      expect(diagnostics.match(/\w+ stays on .*/g) ?? []).toEqual(says);
      await load.continues(3);
    });
    expectNothingFailed(outcome, HANDED_OVER);
    expect(await outputs()).toMatchObject(runs);
  },
  1_900_000,
);

test("the way back to an older minor version is refused, and nothing is changed", async () => {
  writeSettings(STACK, OLD);
  const { code, stdout, stderr } = await make("up", { STACK });
  expect(code).not.toBe(0);
  expect(stdout + stderr).toMatch(/hardway:kubernetesVersion must be 1\.37\.x or 1\.38\.x .*got "1\.36\.3"/);
  expect(stdout + stderr).toMatch(/hardway:etcdVersion must be 3\.7\.x or 3\.8\.x .*got "3\.6\.16"/);
}, 60_000);
