import { underLoad } from "../../load/load";
import { addBrokenRelease } from "./brokenRelease";
import { expectNothingFailed } from "./load/nothingFailed";
import { restarted, starts as startsOf } from "./restarts";
import { ALL_OK, make, pulumi, useContext } from "./support";

/** An update that fails under load: one controller tries it and goes back. Those that succeed are in 8-upgrade.test.ts. */

const context = useContext();
const starts = () => startsOf(context().ssh, context().outputs.controllers);

const up = (settings: Record<string, string>) =>
  pulumi(
    "up",
    "--yes",
    "--skip-preview",
    ...Object.entries(settings).flatMap(([name, value]) => ["--config", `hardway:${name}=${value}`]),
  );

test("a release that does not start: one controller tries it and goes back, and no request fails", async () => {
  const { outputs } = context();
  const broken = addBrokenRelease(outputs.kubernetesVersion);
  const before = await starts();
  let result = { code: -1, stdout: "" };
  const outcome = await underLoad(outputs.kubeconfig, outputs.controllers[0]!.name, async (load) => {
    await load.continues(3);
    result = await up({ kubernetesVersion: broken.version });
    await load.continues(3);
  }).finally(broken.remove);
  expectNothingFailed(outcome);
  expect(result.code).not.toBe(0);
  expect(restarted(before, await starts())).toEqual([expect.stringMatching(/^kube-apiserver on /)]);
  expect(result.stdout).toMatch(/unknown flag: --advertise-address/);
  expect(result.stdout).toMatch(/step control-plane failed on controller-\d, which runs what it ran before/);
  expect(result.stdout.match(/controller-\d was not changed/g)!.length).toBeGreaterThan(0);
}, 400_000);

test("the right setting again: nothing is left to do, and every check passes", async () => {
  const before = await starts();
  expect(await up({})).toMatchObject({ code: 0 });
  expect(restarted(before, await starts())).toEqual([]);
  expect((await make("verify")).stdout).toMatch(ALL_OK);
}, 120_000);
