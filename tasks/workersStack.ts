import type { WorkersOutputs } from "../workers/outputs";
import { localStacks, openStack, programDirectory, readAnyOutputs, Stack, stackNames } from "./stack";

/** The stack of workers/ on a control plane. */
export const workersOf = (controlPlane: Stack) => openStack(controlPlane.name, "workers");

/** The outputs of the workers' stack on a control plane; none where there is no such stack. */
export async function readWorkers(controlPlane: Stack): Promise<Partial<WorkersOutputs>> {
  const names = controlPlane.local ? localStacks("workers") : stackNames(programDirectory("workers"));
  if (!names.includes(controlPlane.name)) return {};
  const { outputs } = await readAnyOutputs<WorkersOutputs>(workersOf(controlPlane));
  return outputs;
}
