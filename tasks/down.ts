import { consent } from "./consent";
import { forgetStack, inLocalCloud, localStacks } from "./stack/local";
import { isLocal, openStack, pulumi, pulumiCapture, Stack, unlockAfterKill, whyMissing } from "./stack/stack";
import { forgetTenant } from "./tenant";
import { ensureEngine, startCloud, stopCloud } from "./tools";

/** Destroys the stack; with the local cloud's last one, that cloud too. Resolves with the exit code. */
export function down(name: string): Promise<number> {
  return isLocal(name) ? inLocalCloud(() => downLocal(name)) : downAnywhere(name);
}

async function downAnywhere(name: string): Promise<number> {
  const options = consent();
  await ensureEngine();
  return pulumi(openStack(name), "destroy", ...options);
}

/** Leaves nothing, whatever state a crash left things in: what the engine cannot destroy goes with the cloud itself. */
async function downLocal(name: string): Promise<number> {
  await ensureEngine();
  const stack = openStack(name);
  if ((await whyMissing(stack)) === undefined) await destroy(stack);
  forgetStack(name);
  const others = localStacks();
  if (others.length > 0) {
    console.log(`The local cloud goes on: it has ${others.join(", ")} too.`);
    return 0;
  }
  await stopCloud();
  return 0;
}

async function destroy(stack: Stack): Promise<void> {
  await unlockAfterKill(stack);
  await forgetTenant(stack.name);
  await startCloud();
  const code = await pulumi(stack, "destroy", "--yes", "--skip-preview");
  if (code !== 0) console.log(`pulumi destroy ended with ${code}; removing what is left with the local cloud.`);
  await pulumiCapture(stack, "stack", "rm", "--yes", "--force", "--preserve-config");
}
