import { render, verify as runChecks } from "../verify/verify";
import { readOutputs, Stack } from "./stack";

/** Runs the checks of `verify/` against a running stack and prints them as a table. Exit code 1 when one fails. */
export async function verify(stack: Stack): Promise<number> {
  const started = Date.now();
  const results = await runChecks(await readOutputs(stack), stack.name, stack.environment);
  console.log(render(results));
  const failed = results.filter((r) => !r.ok).length;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${results.length - failed} of ${results.length} checks ok on stack ${stack.name}, in ${seconds} s`);
  return failed === 0 ? 0 : 1;
}
