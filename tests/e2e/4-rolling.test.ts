import { SHUTDOWN_DELAY_SECONDS as DRAIN_SECONDS } from "../../node/draining";
import { underLoad } from "../../load/load";
import { expectNothingFailed, HANDED_OVER } from "./nothingFailed";
import { ALL_OK, make, pulumi, useContext } from "./support";

/** Updates of a control plane that serves, under load: one controller at a time, and back to what was healthy when one fails. */

const context = useContext();

const up = (settings: Record<string, string>) =>
  pulumi(
    "up",
    "--yes",
    "--skip-preview",
    ...Object.entries(settings).flatMap(([name, value]) => ["--config", `hardway:${name}=${value}`]),
  );

const UNITS = ["etcd", "kube-apiserver"];

/** Of each unit on each controller: when it started, in seconds since that machine's host booted. */
async function starts(): Promise<Record<string, number>> {
  const { outputs, ssh } = context();
  const show = UNITS.map((unit) => `systemctl show --property=ActiveEnterTimestampMonotonic --value ${unit}`).join(
    "; ",
  );
  const found = await Promise.all(
    outputs.controllers.map(async (controller) => {
      const { stdout } = await ssh.run(controller, show);
      return stdout
        .trim()
        .split("\n")
        .map((microseconds, i) => [`${UNITS[i]} on ${controller.name}`, Number(microseconds) / 1e6] as const);
    }),
  );
  return Object.fromEntries(found.flat());
}

/** The names whose time is another than before. */
const restarted = (before: Record<string, number>, after: Record<string, number>) =>
  Object.keys(before).filter((name) => before[name] !== after[name]);

/** Carries out an update under load, and checks that no client noticed. */
async function unnoticed(
  settings: Record<string, string>,
  allowed?: RegExp,
): Promise<{ code: number; stdout: string; units: string[] }> {
  const { outputs } = context();
  const before = await starts();
  let result = { code: -1, stdout: "" };
  const outcome = await underLoad(outputs.kubeconfig, outputs.controllers[0]!.name, async (load) => {
    await load.continues(3);
    result = await up(settings);
    await load.continues(3);
  });
  expectNothingFailed(outcome, allowed);
  return { ...result, units: restarted(before, await starts()) };
}

const every = (...units: string[]) =>
  units.flatMap((unit) => context().outputs.controllers.map(({ name }) => `${unit} on ${name}`)).sort();

test("a flag of the API server changes on one controller at a time, and no request fails", async () => {
  const { code, units } = await unnoticed({ eventTtl: "2h" });
  expect(code).toBe(0);
  expect(units.sort()).toEqual(every("kube-apiserver"));
  // Each drains before it stops, which takes longer than a start: the next one begins only after that.
  const times = Object.entries(await starts())
    .filter(([name]) => name.startsWith("kube-apiserver"))
    .map(([, at]) => at)
    .sort((a, b) => a - b);
  for (const [i, at] of times.slice(1).entries()) expect(at - times[i]!).toBeGreaterThan(DRAIN_SECONDS);
}, 400_000);

test("a flag that kube-apiserver refuses: one controller tries it and goes back, and no request fails", async () => {
  const { code, stdout, units } = await unnoticed({ eventTtl: "3000000h" });
  expect(code).not.toBe(0);
  expect(units).toHaveLength(1);
  expect(stdout).toMatch(/invalid argument "3000000h" for "--event-ttl" flag/);
  expect(stdout).toMatch(/step control-plane failed on controller-\d, which runs what it ran before/);
  expect(stdout.match(/controller-\d was not changed/g)!.length).toBeGreaterThan(0);
}, 400_000);

test("the right setting again: nothing is left to do, and every check passes", async () => {
  const before = await starts();
  expect(await up({ eventTtl: "2h" })).toMatchObject({ code: 0 });
  expect(restarted(before, await starts())).toEqual([]);
  expect((await make("verify")).stdout).toMatch(ALL_OK);
}, 120_000);

test("new certificates and another machine type: one machine at a time stops and starts, and no request fails but those that etcd drops", async () => {
  const changes = { certificateDays: "300", machineType: "e2-standard-4" };
  const { code, units } = await unnoticed(changes, HANDED_OVER);
  expect(code).toBe(0);
  expect(units.sort()).toEqual(every("etcd", "kube-apiserver"));
}, 600_000);

test("the settings of before: make up brings them back", async () => {
  const { code, stdout } = await make("up");
  expect(code).toBe(0);
  expect(stdout).toMatch(ALL_OK);
}, 600_000);
