import { Settings } from "../config";
import { INTERRUPTED } from "../lib/process";
import type { StackOutputs } from "../outputs";
import { consent } from "./consent";
import { lookForDrift } from "./lookForDrift";
import { settle } from "./settle";
import {
  checkMachine,
  checkSettings,
  createStack,
  inLocalCloud,
  localStacks,
  pulumi,
  readAnyOutputs,
  readState,
  Recovery,
  refusePlaceholders,
  Stack,
  State,
  unlockAfterKill,
} from "./stack";
import { startUnits } from "./startUnits";
import { ensureAllTools, ensureEngine, ensureImage, localTools, startCloud } from "./tools";
import { verify } from "./verify";

/**
 * Brings the stack up and verifies it. A stack in the local cloud needs nothing but a Linux machine: everything else is
 * downloaded or built first. Resolves with the exit code.
 */
export async function up(stack: Stack): Promise<number> {
  refusePlaceholders(stack, checkSettings(stack));
  if (!stack.local) return upAnywhere(stack);
  const settings = checkSettings(stack, await whatRuns(stack));
  await checkMachine(settings?.controllers ?? 1, localTools(settings));
  return inLocalCloud(() => upLocal(stack, settings));
}

/** The outputs of a local stack: its versions must be built, because machines that are made again download them. */
async function whatRuns(stack: Stack): Promise<Partial<StackOutputs>> {
  // On a new machine, the engine is built together with the versions, which takes half as long.
  if (!localStacks().includes(stack.name)) return {};
  const read = () => readAnyOutputs<StackOutputs>(stack);
  const { outputs } = await read().catch(() => ensureEngine(stack).then(read));
  return outputs;
}

async function upAnywhere(stack: Stack): Promise<number> {
  const options = consent();
  await ensureEngine(stack);
  const state = await readState(stack);
  // The engine itself says that there is no such stack.
  return upAndVerify(stack, options, state);
}

async function upLocal(stack: Stack, settings: Settings | undefined): Promise<number> {
  await Promise.all([ensureImage(), ensureAllTools(settings)]);
  await startCloud();
  await unlockAfterKill(stack);
  const state = await readState(stack);
  if (state !== undefined) return upAndVerify(stack, UNASKED, state);
  await createStack(stack);
  return upAndVerify(stack, UNASKED);
}

const UNASKED = ["--yes", "--skip-preview"];

async function upAndVerify(stack: Stack, options: string[], state?: State): Promise<number> {
  const [recovery] = state ? await Promise.all([settle(stack, state), lookForDrift(stack)]) : [];
  for (const finding of recovery?.down ?? []) console.log(`${finding}. This run heals it.`);
  let code = await pulumi(stack, "up", ...options);
  if (code !== 0 && code !== INTERRUPTED && recovery?.interrupted)
    code = (await upOnceMore(stack, options, recovery)) ?? code;
  if (code !== 0) return code;
  await startUnits(stack, (recovery?.down ?? []).length > 0);
  return verify(stack);
}

/** What an interrupted run had begun may have come to be in the cloud only now, so that this run met it as "already exists". */
async function upOnceMore(stack: Stack, options: string[], { absent }: Recovery): Promise<number | undefined> {
  const state = await readState(stack);
  if (state === undefined) return undefined;
  const { adopted } = await settle(stack, state, absent);
  return adopted.length > 0 ? pulumi(stack, "up", ...options) : undefined;
}
