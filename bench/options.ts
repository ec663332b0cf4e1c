/** What can be measured, in the order of measuring. */
export const PARTS = ["floor", "walkthrough", "up", "sizes", "make"] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  parts: Part[];
  /** How often each part is measured. */
  runs: number;
}

/** Input that the user has to change; its message says how. */
export class UsageError extends Error {}

const MOST_RUNS = 100;

/** Reads ONLY (`floor,up`; empty: everything) and RUNS (empty: 1). Throws a UsageError that names the variable and its value. */
export function parseOptions(env: NodeJS.ProcessEnv): Options {
  const wanted = (env.ONLY ?? "").split(/[\s,]+/).filter(Boolean);
  const unknown = wanted.filter((name) => !PARTS.some((part) => part === name));
  if (unknown.length > 0) {
    throw new UsageError(`ONLY=${env.ONLY}: there is no ${unknown.join(", ")}; use some of ${PARTS.join(",")}`);
  }
  const runs = env.RUNS || "1";
  if (!/^[1-9]\d*$/.test(runs) || Number(runs) > MOST_RUNS) {
    throw new UsageError(`RUNS=${runs}: is no number of runs; use 1 to ${MOST_RUNS}`);
  }
  return { parts: PARTS.filter((part) => wanted.length === 0 || wanted.includes(part)), runs: Number(runs) };
}
