import * as pulumi from "@pulumi/pulumi";
import { ProgramOutputs, StackOutputs } from "../outputs";

/**
 * Records the stack's outputs as soon as they are known, with the versions that run until then. Without it, an update that
 * fails later leaves the stack without outputs: nobody could connect to its machines to see why, and the next update would
 * not know what runs. The outputs that the program returns at its end replace them.
 */
export function recordEarly(outputs: Partial<ProgramOutputs>, running: Partial<StackOutputs>): void {
  const stack = pulumi.runtime.getStackResource();
  if (!stack || pulumi.runtime.isDryRun()) return;
  const { kubernetesVersion, etcdVersion } = running;
  pulumi.runtime.registerResourceOutputs(stack, { ...outputs, kubernetesVersion, etcdVersion });
}
