import { Api } from "../verify/api";
import { Result, settleAll } from "../verify/run";
import { render, verify as runChecks } from "../verify/verify";
import { workersChecks } from "../verify/workers/checks";
import { readOutputs, Stack } from "./stack";
import { readWorkers } from "./workersStack";

/**
 * Runs the checks of `verify/` against a running stack, and against its workers, if there are any, and prints them as tables. Exit code 1 when
 * one fails.
 */
export async function verify(stack: Stack): Promise<number> {
  const controlPlane = await shown(`stack ${stack.name}`, async () =>
    runChecks(await readOutputs(stack), stack.name, stack.environment),
  );
  return (await verifyWorkers(stack)) ? controlPlane : 1;
}

/** The same for the workers of a stack alone. Returns whether all checks pass. */
export async function verifyWorkers(stack: Stack): Promise<boolean> {
  const { nodes: workers = [] } = await readWorkers(stack);
  if (workers.length === 0) return true;
  const code = await shown(`the workers of stack ${stack.name}`, async () => {
    const { kubeconfig, kubernetesVersion } = await readOutputs(stack);
    return settleAll(workersChecks, { workers, kubernetesVersion, api: new Api(kubeconfig, stack.environment) });
  });
  return code === 0;
}

async function shown(what: string, run: () => Promise<Result[]>): Promise<number> {
  const started = Date.now();
  const results = await run();
  console.log(render(results));
  const failed = results.filter((r) => !r.ok).length;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${results.length - failed} of ${results.length} checks ok on ${what}, in ${seconds} s`);
  return failed === 0 ? 0 : 1;
}
