import { FakeStack } from "../fakeStack";

/** By check: one thing that is wrong at a time, and the words of that check, which then is the only one that fails. */
export type Broken = Record<string, [what: string, damage: (stack: FakeStack) => unknown, words: string][]>;

/** The way to the machine on which things are broken. */
export const SSH = "make ssh MACHINE=controller-1";
