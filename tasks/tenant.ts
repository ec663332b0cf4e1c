import { consent } from "./consent";
import {
  createStack,
  exists,
  forgetStack,
  inLocalCloud,
  localStacks,
  openStack,
  pulumi,
  readOutputs,
  Stack,
  unlockAfterKill,
} from "./stack";
import { ensureEngine } from "./tools";

/** The stack of examples/tenant that builds on a control plane. */
export const tenantOf = (controlPlane: Stack) => openStack(controlPlane.name, "tenant");

/** Brings up examples/tenant on a control plane, which must be up. Resolves with the exit code. */
export function tenant(controlPlane: Stack): Promise<number> {
  return withTenant(controlPlane, async (stack, options) => {
    await readOutputs(controlPlane);
    if (stack.local && !(await exists(stack))) await createStack(stack);
    return pulumi(stack, "up", ...options);
  });
}

/** Destroys examples/tenant, and keeps the control plane. Resolves with the exit code. */
export function tenantDown(controlPlane: Stack): Promise<number> {
  return withTenant(controlPlane, async (stack, options) => {
    if (stack.local && !(await exists(stack))) return 0;
    const code = await pulumi(stack, "destroy", ...options);
    if (code === 0 && stack.local) await forgetStack(stack);
    return code;
  });
}

/** Calls `work` with the tenant's stack and the options that answer the engine's question, inside the local cloud's lock. */
async function withTenant(
  controlPlane: Stack,
  work: (stack: Stack, options: string[]) => Promise<number>,
): Promise<number> {
  const stack = tenantOf(controlPlane);
  const options = stack.local ? ["--yes", "--skip-preview"] : consent();
  await ensureEngine(stack);
  if (!stack.local) return work(stack, options);
  return inLocalCloud(async () => {
    await unlockAfterKill(stack);
    return work(stack, options);
  });
}

/** Removes the tenant's stack, if it exists in the local cloud, without destroying its objects: they go with their cluster. */
export async function forgetTenant({ name }: Stack): Promise<void> {
  if (localStacks("tenant").includes(name)) await forgetStack(openStack(name, "tenant"));
}
