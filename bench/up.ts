import { Stack } from "../tasks/stack";
import { machinesMemory } from "./memory";
import { names, Size, USUAL } from "./rows";
import { add, Samples, timed } from "./samples";
import { makeStack, pulumi } from "./stack";

const UP = ["up", "--yes", "--skip-preview"];

async function measure(samples: Samples, name: string, work: () => Promise<void>): Promise<void> {
  add(samples, name, (await timed(work)).seconds);
}

/** Measures `pulumi up` of an empty stack, and the memory of its machines after that. */
export async function measureUp(scratch: string, samples: Samples, size: Size): Promise<Stack> {
  const stack = await makeStack(scratch, size);
  await measure(samples, names.up(size), () => pulumi(stack, ...UP));
  add(samples, names.memory(size), machinesMemory());
  return stack;
}

/** Measures up, up again, preview and destroy of one stack. */
export async function measureLife(scratch: string, samples: Samples): Promise<void> {
  const stack = await measureUp(scratch, samples, USUAL);
  await measure(samples, names.again, () => pulumi(stack, ...UP));
  await measure(samples, names.preview, () => pulumi(stack, "preview"));
  await measure(samples, names.destroy, () => pulumi(stack, "destroy", "--yes", "--skip-preview"));
}
