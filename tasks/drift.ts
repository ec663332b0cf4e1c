import { TaskError } from "./error";
import { checkSettings } from "./preflight";
import { openStack, pulumi, whyMissing } from "./stack/stack";
import { ensureEngine } from "./tools";

/** Compares the stack's settings and state with its cloud, and changes neither. Exit code 1 when they differ. */
export async function drift(name: string): Promise<number> {
  checkSettings(name);
  await ensureEngine();
  const stack = openStack(name);
  const reason = await whyMissing(stack);
  if (reason !== undefined) throw new TaskError(`STACK=${name} is not there: ${reason}`);
  const code = await pulumi(stack, "preview", "--diff", "--refresh", "--expect-no-changes");
  console.log(
    code === 0 ? `${name}: no drift` : `${name}: differs from its cloud, or could not be compared; see above`,
  );
  return code === 0 ? 0 : 1;
}
