import * as pulumi from "@pulumi/pulumi";

/**
 * Records outputs of the stack as soon as they are known. Without it, an update that fails later leaves the stack without
 * outputs: nobody could connect to its machines to see why, and the next update would not know what runs. The outputs that
 * the program returns at its end replace them.
 */
export function recordEarly(outputs: pulumi.Inputs): void {
  const stack = pulumi.runtime.getStackResource();
  if (stack && !pulumi.runtime.isDryRun()) pulumi.runtime.registerResourceOutputs(stack, outputs);
}
