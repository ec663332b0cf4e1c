import { consent } from "./consent";
import { forgetStack, inLocalCloud, localStacks } from "./stack/local";
import {
  createStack,
  isLocal,
  openStack,
  pulumi,
  pulumiCapture,
  readOutputs,
  Stack,
  unlockAfterKill,
  whyMissing,
} from "./stack/stack";
import { ensureEngine } from "./tools";

/** Brings up examples/tenant on the control plane `name`, which must be up. Resolves with the exit code. */
export function tenant(name: string): Promise<number> {
  return withTenant(name, async (stack, options) => {
    await readOutputs(openStack(name));
    if (stack.local && (await whyMissing(stack)) !== undefined) await createStack(stack);
    return pulumi(stack, "up", ...options);
  });
}

/** Destroys it; the control plane stays. */
export function tenantDown(name: string): Promise<number> {
  return withTenant(name, async (stack, options) => {
    if (stack.local && (await whyMissing(stack)) !== undefined) return 0;
    const code = await pulumi(stack, "destroy", ...options);
    if (code === 0 && stack.local) await forgetTenant(name);
    return code;
  });
}

/** With the options that say who answers the engine's question, and alone on the local cloud. */
async function withTenant(name: string, work: (stack: Stack, options: string[]) => Promise<number>): Promise<number> {
  const local = isLocal(name);
  const options = local ? ["--yes", "--skip-preview"] : consent();
  const stack = openStack(name, "tenant");
  await ensureEngine();
  if (!local) return work(stack, options);
  return inLocalCloud(async () => {
    await unlockAfterKill(stack);
    return work(stack, options);
  });
}

/** Removes the stack in the local cloud, if there is one, and not what it made: that is gone, or goes with its cluster. */
export async function forgetTenant(name: string): Promise<void> {
  if (!localStacks("tenant").includes(name)) return;
  await pulumiCapture(openStack(name, "tenant"), "stack", "rm", "--yes", "--force", "--preserve-config");
  forgetStack(name, "tenant");
}
