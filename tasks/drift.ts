import { lookForDrift } from "./lookForDrift";
import { cannotOpen, checkSettings, pulumi, Stack, whyMissing } from "./stack";
import { ensureEngine } from "./tools";

/** Compares the stack's settings and state with its cloud and its machines, and changes none of them. Exit code 1 when they differ. */
export async function drift(stack: Stack): Promise<number> {
  const { name } = stack;
  checkSettings(stack);
  await ensureEngine(stack);
  const reason = await whyMissing(stack);
  if (reason !== undefined) throw cannotOpen(stack, reason);
  // The engine cuts long differences short.
  for (const line of await lookForDrift(stack)) console.log(line);
  const code = await pulumi(stack, "preview", "--diff", "--refresh", "--expect-no-changes");
  console.log(
    code === 0 ? `${name}: no drift` : `${name}: the cloud differs, or could not be compared; the reason is above`,
  );
  return code === 0 ? 0 : 1;
}
