import { agreed } from "./consent";
import { currentState, inLocalCloud, recover, Recovery, Stack, State, unlockAfterKill } from "./stack";
import { ensureEngine, startCloud } from "./tools";

/**
 * Puts right what an interrupted run left in the stack's state, and says what it did. Asks before it takes over a resource of
 * a cloud that other people use.
 */
export async function settle(stack: Stack, state: State, absent: Recovery["absent"] = []): Promise<Recovery> {
  const recovery = await recover(stack, state, stack.local ? () => Promise.resolve(true) : agreed, absent);
  for (const id of recovery.adopted) console.log(`An interrupted run had made ${id}. The stack has taken it over.`);
  return recovery;
}

/** The task `adopt`: the same on its own, for `pulumi up` after it. */
export async function adopt(stack: Stack): Promise<number> {
  await ensureEngine(stack);
  const work = async () => {
    const { interrupted, adopted } = await settle(stack, await currentState(stack));
    if (!interrupted) console.log(`No run on stack ${stack.name} was interrupted. There is nothing to take over.`);
    else
      console.log(
        `The stack's state is in order: ${adopted.length} taken over. Go on with: pulumi up --stack ${stack.name}`,
      );
    return 0;
  };
  if (!stack.local) return work();
  return inLocalCloud(async () => {
    await unlockAfterKill(stack);
    await startCloud();
    return work();
  });
}
