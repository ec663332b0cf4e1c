import { join } from "path";
import { projectDirectory } from "../lib/directories";
import { configFile, createScratchStack, openStack, Stack } from "../tasks/stack";
import { quietly } from "./quiet";
import { Size } from "./rows";

/** Creates an empty stack with the settings of the local stack and this number of controllers. All its files are in `scratch`. */
export const makeStack = (scratch: string, controllers: Size): Promise<Stack> =>
  createScratchStack(openStack("local"), scratch, { name: "bench", changes: { "hardway:controllers": controllers } });

/** Runs `pulumi up`, `preview` or `destroy` on the stack. */
export function pulumi(stack: Stack, ...args: string[]): Promise<void> {
  return quietly("pulumi", [...args, "--stack", stack.name, ...configFile(stack)], {
    cwd: projectDirectory,
    env: stack.environment,
    log: join(stack.directory, "pulumi.log"),
  });
}
