/** The front of `tasks/stack/`: opening a stack, its settings, and the engine's commands on it. */
export { checkSettings, defaultSettings, refusePlaceholders } from "./checkSettings";
export {
  cannotOpen,
  configFile,
  createStack,
  exists,
  forgetStack,
  pulumi,
  pulumiCapture,
  readAnyOutputs,
  readOutputs,
  unlockAfterKill,
  whyMissing,
} from "./engine";
export { programDirectory, stackFile, stackNames } from "./files";
export type { Program, StackSettings } from "./files";
export { checkMachine, inLocalCloud, localStacks } from "./local";
export { currentState, readState, recover } from "./recover";
export type { Recovery, State } from "./recover";
export { createScratchStack, withChanges } from "./scratch";
export { environments, openStack } from "./stack";
export type { Stack } from "./stack";
