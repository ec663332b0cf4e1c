import { consent } from "./consent";
import { checkMachine, inLocalCloud } from "./stack/local";
import { checkSettings } from "./preflight";
import { createStack, isLocal, openStack, pulumi, Stack, unlockAfterKill, whyMissing } from "./stack/stack";
import { ensureAllTools, ensureEngine, ensureImage, startCloud } from "./tools";
import { verify } from "./verify";

/** Brings the stack up and verifies it; in the local cloud from nothing but a Linux machine. Resolves with the exit code. */
export async function up(name: string): Promise<number> {
  const controllers = checkSettings(name)?.controllers;
  if (!isLocal(name)) return upAnywhere(name);
  await checkMachine(controllers ?? 1);
  return inLocalCloud(() => upLocal(name));
}

async function upAnywhere(name: string): Promise<number> {
  const options = consent();
  await ensureEngine();
  return upStack(openStack(name), options);
}

async function upLocal(name: string): Promise<number> {
  await Promise.all([ensureImage(), ensureAllTools()]);
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
