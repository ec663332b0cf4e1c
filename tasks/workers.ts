import { consent } from "./consent";
import { settle } from "./settle";
import {
  checkSettings,
  createStack,
  exists,
  forgetStack,
  inLocalCloud,
  localStacks,
  openStack,
  pulumi,
  readOutputs,
  readState,
  Stack,
  unlockAfterKill,
} from "./stack";
import { ensureEngine, ensureWorkerTools } from "./tools";
import { verifyWorkers } from "./verify";
import { workersOf } from "./workersStack";

const UNASKED = ["--yes", "--skip-preview"];

/** Brings workers up on a control plane, which must be up. Resolves with the exit code, 0 when every Node is Ready. */
export async function workers(controlPlane: Stack): Promise<number> {
  const stack = workersOf(controlPlane);
  if (!stack.local) {
    const options = consent();
    await ensureEngine(stack);
    return upSettled(stack, controlPlane, options);
  }
  return inLocalCloud(async () => {
    await ensureEngine(stack);
    const { kubernetesVersion } = await readOutputs(controlPlane);
    const settings = checkSettings(controlPlane);
    await ensureWorkerTools(settings && { ...settings, kubernetesVersion });
    await unlockAfterKill(stack);
    if (!(await exists(stack))) await createStack(stack);
    return upSettled(stack, controlPlane, UNASKED);
  });
}

async function upSettled(stack: Stack, controlPlane: Stack, options: string[]): Promise<number> {
  const state = await readState(stack);
  const { down = [] } = state === undefined ? {} : await settle(stack, state);
  for (const finding of down) console.log(`${finding}. This run heals it.`);
  const code = await pulumi(stack, "up", ...options);
  if (code !== 0) return code;
  return (await verifyWorkers(controlPlane)) ? 0 : 1;
}

/** Destroys the workers, and keeps the control plane. Resolves with the exit code. */
export async function workersDown(controlPlane: Stack): Promise<number> {
  const stack = workersOf(controlPlane);
  if (!stack.local) {
    const options = consent();
    await ensureEngine(stack);
    return pulumi(stack, "destroy", ...options);
  }
  return inLocalCloud(() => destroyLocalWorkers(controlPlane, "stays"));
}

/**
 * Destroys the workers of a local control plane, if there are any. Where their `cluster` goes too, its objects need no API. Call it inside
 * `inLocalCloud` only. Resolves with the exit code.
 */
export async function destroyLocalWorkers({ name }: Stack, cluster: "stays" | "goes"): Promise<number> {
  if (!localStacks("workers").includes(name)) return 0;
  const opened = openStack(name, "workers");
  const forgetful = cluster === "goes" && { PULUMI_K8S_DELETE_UNREACHABLE: "true" };
  const stack = { ...opened, environment: { ...opened.environment, ...forgetful } };
  await ensureEngine(stack);
  await unlockAfterKill(stack);
  const state = await readState(stack);
  if (state !== undefined) await settle(stack, state);
  const code = await pulumi(stack, "destroy", ...UNASKED);
  if (code === 0) await forgetStack(stack);
  return code;
}

/** Removes the state of a local control plane's workers, if there are any, without destroying them: they go with the local cloud. */
export async function forgetWorkers({ name }: Stack): Promise<void> {
  if (localStacks("workers").includes(name)) await forgetStack(openStack(name, "workers"));
}
