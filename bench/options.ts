import { TaskError } from "../tasks/error";

/** What can be measured, in the order in which it is. */
export const PARTS = ["floor", "walkthrough", "up", "sizes", "make", "failover"] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  parts: Part[];
  /** How many times each part is measured. */
  runs: number;
  /** How many machines the part `failover` kills. */
  kills: number;
}

/** Takes too long to be measured when ONLY does not ask for it. */
const ON_DEMAND: Part[] = ["failover"];
const KILLS = 20;

const MOST_RUNS = 100;

/** Reads ONLY (`floor,up`; default: everything but `failover`) and RUNS (default: 1, and 20 kills). Throws a TaskError that names the variable and its value. */
export function parseOptions(env: NodeJS.ProcessEnv): Options {
  const wanted = (env.ONLY ?? "").split(/[\s,]+/).filter(Boolean);
  const unknown = wanted.filter((name) => !PARTS.some((part) => part === name));
  if (unknown.length > 0) {
    throw new TaskError(`ONLY must be some of ${PARTS.join(",")}; got ${JSON.stringify(env.ONLY)}`);
  }
  const runs = env.RUNS || "1";
  if (!/^[1-9]\d*$/.test(runs) || Number(runs) > MOST_RUNS) {
    throw new TaskError(`RUNS must be a whole number from 1 to ${MOST_RUNS}; got ${JSON.stringify(runs)}`);
  }
  const parts = PARTS.filter((part) => (wanted.length === 0 ? !ON_DEMAND.includes(part) : wanted.includes(part)));
  return { parts, runs: Number(runs), kills: env.RUNS ? Number(runs) : KILLS };
}
