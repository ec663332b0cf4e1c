import { Machine } from "./machine";

/** A recommendation of the benchmark, in our words, and how to check it on a machine. */
export interface Control<M = Machine> {
  id: string;
  what: string;
  look: (machine: M) => { seen: unknown; good: boolean };
}

export function control<T, M = Machine>(
  id: string,
  what: string,
  see: (m: M) => T,
  good: (seen: T) => boolean,
): Control<M> {
  return {
    id,
    what,
    look(machine) {
      const seen = see(machine);
      return { seen, good: good(seen) };
    },
  };
}

export const isSet = (value: string | undefined) => value !== undefined && value !== "";
export const areSet = (values: (string | undefined)[]) => values.every(isSet);
export const is = (wanted: string) => (value: string | undefined) => value === wanted;
export const isNot = (unwanted: string) => (value: string | undefined) => value !== unwanted;
export const atLeast = (least: number) => (value: string | undefined) => Number(value) >= least;

type Files = Machine["files"];
/** Whether there are files and none has a permission that `mode` lacks. */
export const within = (mode: number) => (files: Files) =>
  files.length > 0 && files.every((f) => (f.mode & ~mode) === 0);
export const ownedBy = (owner: string) => (files: Files) => files.length > 0 && files.every((f) => f.owner === owner);
export const none = (files: Files) => files.length === 0;
