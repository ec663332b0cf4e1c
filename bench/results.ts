import { readFileSync, writeFileSync } from "fs";
import { cpus } from "os";
import { join } from "path";
import { TaskError } from "../tasks/error";
import { stateDirectory } from "../lib/directories";
import { rows } from "./rows";
import { Samples } from "./samples";

/** The results of the last run that measured every part. */
export interface Results {
  /** YYYY-MM-DD */
  date: string;
  cores: number;
  samples: Samples;
}

const path = () => join(stateDirectory(), "bench.json");

/** Keeps the figures if every part was measured. */
export function saveResults(samples: Samples): void {
  if (!rows.every(({ name }) => (samples[name] ?? []).length > 0)) return;
  const results: Results = { date: new Date().toISOString().slice(0, 10), cores: cpus().length, samples };
  writeFileSync(path(), JSON.stringify(results, undefined, 2));
}

/** Throws a TaskError when there are no results. */
export function lastResults(): Results {
  try {
    return JSON.parse(readFileSync(path(), "utf8")) as Results;
  } catch (error) {
    throw new TaskError(`there are no results at ${path()} (${(error as Error).message}); run make bench without ONLY`);
  }
}
