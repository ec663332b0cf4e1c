import { inLocalCloud } from "./local";
import { createStack, openStack, pulumi, pulumiCapture, Stack, whyMissing } from "./stack";
import { ensureAllTools, ensureEngine, ensureImage, startCloud } from "./tools";
import { verify } from "./verify";

/** Brings the stack up and verifies it; in the local cloud from nothing but a Linux machine. Resolves with the exit code. */
export function up(name: string): Promise<number> {
  return openStack(name).local ? inLocalCloud(() => upLocal(name)) : upAnywhere(name);
}

async function upAnywhere(name: string): Promise<number> {
  await ensureEngine();
  return upStack(openStack(name), []);
}

async function upLocal(name: string): Promise<number> {
  await ensureImage();
  await ensureAllTools();
  await startCloud();
  const stack = openStack(name);
  const reason = await whyMissing(stack);
  if (reason !== undefined) await createStack(stack);
  // This process holds the local cloud's lock: one that the engine left behind is of a run that was killed.
  else await pulumiCapture(stack, "cancel", "--yes");
  return upStack(stack, ["--yes", "--skip-preview"]);
}

async function upStack(stack: Stack, options: string[]): Promise<number> {
  const code = await pulumi(stack, "up", ...options);
  return code === 0 ? verify(stack.name) : code;
}
