import { stackNames } from "./stack/settingsFiles";
import { isLocal } from "./stack/stack";

/** The stacks that live in a cloud others can reach. */
export const environments = () => stackNames().filter((stack) => !isLocal(stack));
