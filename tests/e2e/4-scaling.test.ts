import { Ssh } from "../../lib/ssh";
import { ControllerOutput } from "../../outputs";
import { underLoad } from "../../load/load";
import { expectNothingFailed, HANDED_OVER } from "./load/nothingFailed";
import { starts } from "./restarts";
import { ALL_OK, compute, instancePath, make, pulumi, stackOutputs } from "./support";

/** More controllers, fewer controllers, under load. At the end the stack has as many as before. */

const up = (controllers: number, deletionProtection = false) =>
  pulumi(
    "up",
    "--yes",
    // What protects machines is said in the preview.
    ...(deletionProtection ? [] : ["--skip-preview"]),
    "--config",
    `hardway:controllers=${controllers}`,
    "--config",
    `hardway:deletionProtection=${deletionProtection}`,
  );

const names = (controllers: ControllerOutput[]) => controllers.map(({ name }) => name);

/** Asks the first controllers of the stack, over new connections. */
async function onFirst<T>(count: number, ask: (ssh: Ssh, first: ControllerOutput[]) => Promise<T>): Promise<T> {
  const outputs = await stackOutputs();
  const ssh = new Ssh(outputs.ssh);
  return ask(ssh, outputs.controllers.slice(0, count)).finally(() => ssh.close());
}

/** The names of the voting members. */
async function voting(): Promise<string[]> {
  const { stdout } = await onFirst(1, (ssh, [first]) => ssh.run(first!, "sudo -i etcdctl member list"));
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(", "));
  return rows.flatMap(([, , name, , , learner]) => (learner === "false" ? [name!] : [])).sort();
}

test.each([
  ["from three to five", 3, 5, undefined],
  // The load begins on the last controller, which leaves.
  ["from five to one", 5, 1, HANDED_OVER],
  ["from one to three", 1, 3, HANDED_OVER],
])(
  "%s: no request fails, and nothing restarts on the controllers that stay",
  async (_, from, to, allowed) => {
    const before = await stackOutputs();
    expect(before.controllers).toHaveLength(from);
    const staying = Math.min(from, to);
    const started = await onFirst(staying, starts);
    let result = { code: -1, stdout: "" };
    const outcome = await underLoad(before.kubeconfig, before.controllers.at(-1)!.name, async (load) => {
      await load.continues(3);
      result = await up(to);
      await load.continues(3);
    });
    expect(result).toMatchObject({ code: 0 });
    expectNothingFailed(outcome, allowed);
    const { controllers } = await stackOutputs();
    expect(controllers).toHaveLength(to);
    expect(await voting()).toEqual(names(controllers));
    expect(await onFirst(staying, starts)).toEqual(started);
  },
  400_000,
);

test("with deletionProtection, neither the engine nor the cloud deletes a machine, and nothing is changed", async () => {
  expect(await up(3, true)).toMatchObject({ code: 0 });
  const before = await voting();
  const { code, stdout, stderr } = await up(1, true);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toMatch(/hardway-local-controller-2|controllers-2.*protected/);
  expect(await voting()).toEqual(before);
  const { controllers } = await stackOutputs();
  await expect(compute("DELETE", instancePath(controllers[2]!))).rejects.toThrow(/delet.*protect/i);
  expect(await up(3)).toMatchObject({ code: 0 });
}, 120_000);

test("every check passes, and a second update changes nothing", async () => {
  expect((await make("verify")).stdout).toMatch(ALL_OK);
  expect(await pulumi("preview", "--expect-no-changes")).toMatchObject({ code: 0 });
}, 120_000);
