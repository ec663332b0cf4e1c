import { mkdtempSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { setTimeout as wait } from "timers/promises";
import { TaskError } from "../error";
import { cannotOpen, configFile, exists, pulumiCapture } from "./engine";
import { Deployment, instancesIn, settle, StateResource } from "./pending";
import type { Stack } from "./stack";

/** What `pulumi stack export` prints. */
export interface State {
  version: number;
  deployment: Deployment;
}

/** What a look at a stack's cloud found, before anything is changed there. */
export interface Recovery {
  /** Ids of the resources that an interrupted update had made. They are in the state now. */
  adopted: string[];
  /** One sentence for each instance that is gone or does not run. */
  down: string[];
  /** Resources that an interrupted update may have made, but that are not in the cloud, or not yet. */
  absent: StateResource[];
  /** Whether an interrupted update had to be put right. */
  interrupted: boolean;
}

/** Google finishes what it has begun within this time: it stops an instance within 90 s, for example. */
const SETTLE_MS = 3 * 60_000;
const PAUSE_MS = 1000;
/** In any other state, an instance is on its way into one of these. */
const FINAL = ["RUNNING", "TERMINATED", "SUSPENDED"];

/** The stack's state; undefined when there is no such stack. Throws a TaskError when it cannot be opened. */
export async function readState(stack: Stack): Promise<State | undefined> {
  // An export leaves secrets encrypted, so it does not show that the passphrase is wrong.
  const [isThere, { code, stdout, stderr }] = await Promise.all([
    exists(stack),
    pulumiCapture(stack, "stack", "export"),
  ]);
  if (!isThere) return undefined;
  if (code !== 0) throw cannotOpen(stack, stderr.trim().replace(/^error: /, "") || `exit code ${code}`);
  return JSON.parse(stdout) as State;
}

/**
 * Makes the state agree with the cloud where an interrupted update, or a change by hand, made them differ: resources that the
 * update had begun to make are adopted when they exist, and forgotten when they do not; instances are looked at. The engine's
 * own `refresh --import-pending-creates` cannot do this: version 3.259 drops what it should import. Changes nothing in the
 * cloud. `agree` is asked before a resource is adopted; the answer no throws a TaskError. `absent` is what an earlier call
 * returned.
 */
export async function recover(
  stack: Stack,
  state: State,
  agree: (question: string) => Promise<boolean>,
  absent: StateResource[] = [],
): Promise<Recovery> {
  const { deployment, candidates, changed } = settle(state.deployment, absent);
  const interrupted = (state.deployment.pending_operations ?? []).length > 0 || changed.length > 0;
  if (interrupted || candidates.length > 0) {
    await ask(stack, candidates, agree);
    await writeState(stack, { ...state, deployment });
  }
  const instances = instancesIn(deployment);
  const looked = [...new Set([...candidates, ...changed, ...instances].map(({ urn }) => urn))];
  const after = await refreshed(stack, deployment, looked);
  const isThere = new Set((after.resources ?? []).map(({ urn }) => urn));
  const missing = candidates.filter(({ urn }) => !isThere.has(urn));
  const gone = instances.filter((i) => !isThere.has(i.urn) && !candidates.some(({ urn }) => urn === i.urn));
  const stopped = instancesIn(after).filter((i) => status(i) !== "RUNNING");
  return {
    adopted: candidates.filter(({ urn }) => isThere.has(urn)).map(({ id }) => id),
    down: [
      ...gone.map((i) => `${nameOf(i)} is gone`),
      ...stopped.map((i) => `${nameOf(i)} does not run: its status is ${status(i)}`),
    ],
    absent: missing,
    interrupted,
  };
}

async function ask(stack: Stack, candidates: StateResource[], agree: (question: string) => Promise<boolean>) {
  if (candidates.length === 0) return;
  const list = candidates.map(({ id }) => `  ${id}`).join("\n");
  const question = `An interrupted update of stack ${stack.name} had begun to make\n${list}\nTake what exists of these into the stack?`;
  if (!(await agree(question))) throw new TaskError("nothing was changed");
}

/** Refreshes some resources, until no instance is on its way to another status, and returns the state after that. */
async function refreshed(stack: Stack, before: Deployment, urns: string[]): Promise<Deployment> {
  if (urns.length === 0) return before;
  const options = ["--yes", "--skip-preview", "--expect-no-changes", ...configFile(stack)];
  const deadline = Date.now() + SETTLE_MS;
  for (let deployment = before; ; await wait(PAUSE_MS)) {
    const { code, stdout, stderr } = await pulumiCapture(stack, "refresh", ...options, ...targets(urns, deployment));
    if (code !== 0 && !/no changes were expected/.test(stdout + stderr))
      throw new TaskError(
        `stack ${stack.name} cannot be compared with its cloud:\n${(stdout + stderr).trim().slice(-2000)}`,
      );
    if (code !== 0) deployment = (await currentState(stack)).deployment;
    if (instancesIn(deployment).every((i) => FINAL.includes(status(i))) || Date.now() > deadline) return deployment;
  }
}

/** The engine refuses targets that are not in the state, and a refresh removes what the cloud does not have. */
function targets(urns: string[], { resources = [] }: Deployment): string[] {
  const isThere = new Set(resources.map(({ urn }) => urn));
  return urns.filter((urn) => isThere.has(urn)).flatMap((urn) => ["--target", urn]);
}

/** The stack's state. Throws a TaskError when there is no such stack, or it cannot be opened. */
export async function currentState(stack: Stack): Promise<State> {
  const state = await readState(stack);
  if (state === undefined) throw cannotOpen(stack, `no stack named '${stack.name}' found`);
  return state;
}

async function writeState(stack: Stack, state: State): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "hardway-state-"));
  const file = join(scratch, "state.json");
  try {
    writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    const { code, stderr } = await pulumiCapture(stack, "stack", "import", "--file", file);
    if (code !== 0) throw new TaskError(`the state of stack ${stack.name} cannot be written: ${stderr.trim()}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const status = ({ outputs = {} }: StateResource) =>
  typeof outputs.currentStatus === "string" ? outputs.currentStatus : "unknown";
const nameOf = ({ inputs = {}, urn }: StateResource) => (typeof inputs.name === "string" ? inputs.name : urn);
