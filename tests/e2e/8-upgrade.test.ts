import { rmSync } from "fs";
import { Ssh } from "../../lib/ssh";
import { underLoad } from "../../load/load";

import { checkSettings, openStack, readOutputs } from "../../tasks/stack";
import { expectNothingFailed, HANDED_OVER } from "./load/nothingFailed";
import { betweenStarts, every, restarted, starts as startsOf } from "./restarts";
import { allOk, made, make, writeSettings } from "./support";

/**
 * Updates of a control plane that serves, under load, one controller at a time: real upgrades, and other changes at the same time,
 * because each way round the controllers takes minutes. On a stack beside the one of the other tests.
 */
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

/** When the units started. With new connections, because those to a machine that has stopped do not notice. */
async function starts() {
  const { ssh: access, controllers } = await outputs();
  const ssh = new Ssh(access);
  return startsOf(ssh, controllers).finally(() => ssh.close());
}

const MACHINES = { "hardway:certificateDays": "300", "hardway:machineType": "e2-standard-4" };

/** A version that the settings do not name stays as it is, and `says` is what `make up` says about that. */
test.each([
  {
    what: "etcd by a minor version, with new certificates and another machine type",
    settings: { "hardway:etcdVersion": "3.7.3", ...MACHINES },
    runs: { kubernetesVersion: "1.36.3", etcdVersion: "3.7.3" },
    says: [expect.stringMatching(/^Kubernetes stays on 1\.36\.3, .* set kubernetesVersion 1\.37\.2 /)],
    restarts: ["etcd", "kube-apiserver"],
    failures: "but those that etcd drops",
    allowed: HANDED_OVER,
  },
  {
    what: "Kubernetes by a minor version, with a new flag",
    settings: { "hardway:kubernetesVersion": "1.37.2", "hardway:eventTtl": "2h", ...MACHINES },
    runs: { kubernetesVersion: "1.37.2", etcdVersion: "3.7.3" },
    says: [],
    restarts: ["kube-apiserver"],
    failures: "at all",
    allowed: undefined,
  },
])(
  "an upgrade of $what: one controller at a time restarts, and no request fails $failures",
  async ({ settings, runs, says, restarts, allowed }) => {
    writeSettings(STACK, settings);
    const { kubeconfig, controllers } = await outputs();
    const before = await starts();
    const outcome = await underLoad(kubeconfig, controllers[0]!.name, async (load) => {
      await load.continues(3);
      const up = await made("up", { STACK }, 1_800_000);
      expect(up).toMatch(allOk(STACK));
      const [, diagnostics = ""] = up.split("Diagnostics:");
      expect(diagnostics.match(/\w+ stays on .*/g) ?? []).toEqual(says);
      await load.continues(3);
    });
    expectNothingFailed(outcome, allowed);
    expect(await outputs()).toMatchObject(runs);
    const after = await starts();
    expect(restarted(before, after)).toEqual(every(controllers, ...restarts));
    // Each drains before it stops, which takes longer than a start: the next one begins only after that.
    const { drainSeconds } = checkSettings(openStack(STACK))!;
    for (const seconds of betweenStarts(after, "kube-apiserver")) expect(seconds).toBeGreaterThan(drainSeconds);
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
