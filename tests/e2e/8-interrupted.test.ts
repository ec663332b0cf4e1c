import { rmSync } from "fs";
import { configFile, openStack, pulumiCapture } from "../../tasks/stack";
import { checkpoint, isBusy, madeOrMaking } from "./interrupt/checkpoint";
import { interrupt, Signal } from "./interrupt/kill";
import { allOk, made, make, writeSettings } from "./support";

/** A stack of one controller, beside the one of the other tests. `make test-faults` interrupts it at all moments below. */
const STACK = "interrupted";
const LONG = process.env.FAULTS === "all";
const settings = (changes: Record<string, unknown>) => writeSettings(STACK, { "hardway:controllers": "1", ...changes });

let file: string;
beforeAll(() => void (file = settings({})));
afterAll(async () => {
  await make("down", { STACK });
  rmSync(file, { force: true });
}, 120_000);

/** `[signal, resource, short]`: the run gets the signal once the engine has begun to make the resource. */
const creations: [Signal, string, boolean][] = [
  ["SIGKILL", "controllers-ssh", false],
  ["SIGKILL", "network-vpc", false],
  ["SIGINT", "network-controllers", false],
  ["SIGKILL", "front-door-address", true],
  ["SIGKILL", "network-allow-internal", false],
  ["SIGKILL", "controllers-0", true],
  ["SIGKILL", "front-door-target-pool", false],
  ["SIGKILL", "front-door-forwarding-rule", false],
  ["SIGINT", "etcd-controller-0-step", true],
  ["SIGKILL", "etcd-controller-0-step", false],
  ["SIGKILL", "control-plane-controller-0-step", false],
  ["SIGKILL", "kubelet-rbac-api", false],
  ["SIGKILL", "kubelet-rbac-role", false],
];

/** `[signal, operation, resource, short]`: the run gets the signal while the operation is under way. */
type Change = [Signal, "updating" | "deleting", string, boolean];
const updates: Change[] = [
  ["SIGINT", "updating", "control-plane-controller-0-step", false],
  ["SIGKILL", "updating", "control-plane-controller-0-step", true],
  ["SIGKILL", "updating", "controllers-0", false],
];
const deletions: Change[] = [
  ["SIGKILL", "deleting", "control-plane-controller-0-step", false],
  ["SIGKILL", "deleting", "controllers-0", false],
  ["SIGINT", "deleting", "controllers-0", true],
  ["SIGKILL", "deleting", "network-vpc", false],
];

/** `[signal, controllers, operation, resource]`: the run that scales the stack to so many controllers gets the signal. */
const scalings: [Signal, 1 | 3, "creating" | "updating" | "deleting", string][] = [
  ["SIGKILL", 3, "creating", "controllers-1"],
  ["SIGKILL", 1, "updating", "etcd-controller-0-step"],
  ["SIGKILL", 3, "creating", "etcd-controller-1-step"],
  ["SIGKILL", 1, "deleting", "controllers-2"],
  ["SIGINT", 3, "creating", "control-plane-controller-2-step"],
  ["SIGINT", 1, "updating", "etcd-controller-0-step"],
];

const chosen = <T extends [...unknown[], boolean]>(all: T[]): T[] => all.filter((each) => LONG || each.at(-1));

/** Expects `make up` to bring the stack up, with nothing left of the interrupted run, and nothing left to do. */
async function expectUp(): Promise<void> {
  expect(await made("up", { STACK })).toMatch(allOk(STACK));
  expect(checkpoint(STACK).pending_operations).toEqual([]);
  const stack = openStack(STACK);
  expect(await pulumiCapture(stack, "preview", "--expect-no-changes", ...configFile(stack))).toMatchObject({ code: 0 });
}

test("make up goes on where a run was interrupted while it made the stack", async () => {
  for (const [signal, resource] of chosen(creations))
    await interrupt("up", STACK, signal, () => madeOrMaking(STACK, (name) => name === resource));
  await expectUp();
}, 600_000);

test("make up goes on where a run was interrupted while it changed the stack", async () => {
  let hours = 3;
  for (const [signal, operation, resource] of chosen(updates)) {
    const machineType = resource === "controllers-0" ? "e2-standard-4" : "e2-standard-2";
    settings({ "hardway:eventTtl": `${++hours}h0m0s`, "hardway:machineType": machineType });
    await interrupt("up", STACK, signal, () => isBusy(STACK, operation, (name) => name === resource));
    await expectUp();
  }
}, 600_000);

if (LONG)
  test("make up goes on where a run was interrupted while it scaled the stack", async () => {
    for (const [signal, controllers, operation, resource] of scalings) {
      settings({ "hardway:controllers": String(controllers) });
      await interrupt("up", STACK, signal, () => isBusy(STACK, operation, (name) => name === resource));
      await expectUp();
    }
  }, 900_000);

test("make up brings a stack up again after make down was interrupted", async () => {
  for (const [signal, operation, resource] of chosen(deletions)) {
    await interrupt("down", STACK, signal, () => isBusy(STACK, operation, (name) => name === resource));
    await expectUp();
  }
}, 600_000);

test("make down goes on where it was interrupted", async () => {
  await interrupt("down", STACK, "SIGKILL", () => isBusy(STACK, "deleting", () => true));
  await made("down", { STACK });
  expect(checkpoint(STACK).resources).toEqual([]);
}, 120_000);
