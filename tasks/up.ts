import { Settings } from "../config";
import { consent } from "./consent";
import {
  checkMachine,
  checkSettings,
  createStack,
  inLocalCloud,
  pulumi,
  Stack,
  unlockAfterKill,
  whyMissing,
} from "./stack";
import { ensureAllTools, ensureEngine, ensureImage, localTools, startCloud } from "./tools";
import { verify } from "./verify";

/**
 * Brings the stack up and verifies it. A stack in the local cloud needs nothing but a Linux machine: everything else is
 * built first. Resolves with the exit code.
 */
export async function up(stack: Stack): Promise<number> {
  const settings = checkSettings(stack);
  if (!stack.local) return upAnywhere(stack);
  await checkMachine(settings?.controllers ?? 1, localTools(settings));
  return inLocalCloud(() => upLocal(stack, settings));
}

async function upAnywhere(stack: Stack): Promise<number> {
  const options = consent();
  await ensureEngine();
  return upAndVerify(stack, options);
}

async function upLocal(stack: Stack, settings: Settings | undefined): Promise<number> {
  await Promise.all([ensureImage(), ensureAllTools(settings)]);
  await startCloud();
  if ((await whyMissing(stack)) !== undefined) await createStack(stack);
  else if (await unlockAfterKill(stack))
    await pulumi(stack, "refresh", "--yes", "--skip-preview", "--clear-pending-creates");
  return upAndVerify(stack, ["--yes", "--skip-preview"]);
}

async function upAndVerify(stack: Stack, options: string[]): Promise<number> {
  const code = await pulumi(stack, "up", ...options);
  return code === 0 ? verify(stack) : code;
}
