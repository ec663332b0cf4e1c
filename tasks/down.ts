import { INTERRUPTED } from "../lib/process";
import { consent } from "./consent";
import { settle } from "./settle";
import { forgetStack, inLocalCloud, localStacks, pulumi, readState, Stack, State, unlockAfterKill } from "./stack";
import { forgetTenant } from "./tenant";
import { ensureEngine, startCloud, stopCloud } from "./tools";
import { destroyLocalWorkers, forgetWorkers } from "./workers";

/** Destroys the stack. Stops the local cloud after its last stack. Resolves with the exit code. */
export function down(stack: Stack): Promise<number> {
  return stack.local ? inLocalCloud(() => downLocal(stack)) : downAnywhere(stack);
}

async function downAnywhere(stack: Stack): Promise<number> {
  const options = consent();
  await ensureEngine(stack);
  const state = await readState(stack);
  if (state !== undefined) await settle(stack, state);
  return pulumi(stack, "destroy", ...options);
}

/**
 * Removes the stack, and the local cloud with the last one, even after a crash: what the engine cannot destroy disappears with the
 * local cloud. Where that goes on for other stacks, or somebody pressed Ctrl-C, the state stays until everything in it is destroyed.
 */
async function downLocal(stack: Stack): Promise<number> {
  await ensureEngine(stack);
  await unlockAfterKill(stack);
  const state = await readState(stack);
  const others = localStacks().filter((name) => name !== stack.name);
  const code = state === undefined ? 0 : await destroyLocal(stack, state);
  if (code === INTERRUPTED) return code;
  if (code !== 0 && others.length > 0) {
    console.log(
      `pulumi destroy failed with exit code ${code}. Run make down STACK=${stack.name} again, or take down the other stacks ` +
        `first (${others.join(", ")}): what it left disappears with the local cloud.`,
    );
    return code;
  }
  if (code !== 0)
    console.log(`pulumi destroy failed with exit code ${code}. What it left disappears with the local cloud.`);
  await forgetTenant(stack);
  await forgetWorkers(stack);
  await forgetStack(stack);
  if (others.length > 0) {
    console.log(`The local cloud keeps running for ${others.join(", ")}.`);
    return 0;
  }
  await stopCloud();
  return 0;
}

/** Workers go first, because their subnet is in the control plane's network. */
async function destroyLocal(stack: Stack, state: State): Promise<number> {
  await startCloud();
  const code = await destroyLocalWorkers(stack, "goes");
  if (code !== 0) return code;
  await settle(stack, state);
  return pulumi(stack, "destroy", "--yes", "--skip-preview");
}
