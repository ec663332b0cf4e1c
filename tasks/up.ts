import { Settings } from "../config";
import { consent } from "./consent";
import { checkMachine, inLocalCloud } from "./stack/local";
import { checkSettings } from "./preflight";
import { createStack, isLocal, openStack, pulumi, Stack, unlockAfterKill, whyMissing } from "./stack/stack";
import { ensureAllTools, ensureEngine, ensureImage, localTools, startCloud } from "./tools";
import { verify } from "./verify";

/**
 * Brings the stack up and verifies it. A stack in the local cloud needs nothing but a Linux machine: everything else is
 * built first. Resolves with the exit code.
 */
export async function up(name: string): Promise<number> {
  const settings = checkSettings(name);
  if (!isLocal(name)) return upAnywhere(name);
  await checkMachine(settings?.controllers ?? 1, localTools(settings));
  return inLocalCloud(() => upLocal(name, settings));
}

async function upAnywhere(name: string): Promise<number> {
  const options = consent();
  await ensureEngine();
  return upStack(openStack(name), options);
}

async function upLocal(name: string, settings: Settings | undefined): Promise<number> {
  await Promise.all([ensureImage(), ensureAllTools(settings)]);
  await startCloud();
  const stack = openStack(name);
  if ((await whyMissing(stack)) !== undefined) await createStack(stack);
  else if (await unlockAfterKill(stack))
    await pulumi(stack, "refresh", "--yes", "--skip-preview", "--clear-pending-creates");
  return upStack(stack, ["--yes", "--skip-preview"]);
}

async function upStack(stack: Stack, options: string[]): Promise<number> {
  const code = await pulumi(stack, "up", ...options);
  return code === 0 ? verify(stack.name) : code;
}
