import { existsSync, readFileSync, writeFileSync } from "fs";
import { cpus } from "os";
import { join } from "path";
import { TaskError } from "../tasks/error";
import { stateDirectory } from "../lib/directories";
import { failoverRows, rows } from "./rows";
import { Samples } from "./samples";

/** The results of the last run that measured everything in a table. */
export interface Results {
  /** YYYY-MM-DD */
  date: string;
  cores: number;
  samples: Samples;
}

/** The tables, with the figures that each needs and the command that measures them. */
const tables = {
  times: { file: "bench.json", needs: rows.map(({ name }) => name), command: "make bench" },
  failover: {
    file: "bench-failover.json",
    needs: failoverRows.map(({ name }) => name),
    command: "make bench ONLY=failover",
  },
};
export type TableName = keyof typeof tables;

const path = (table: TableName) => join(stateDirectory(), tables[table].file);

/** Keeps the figures of each table for which everything was measured. */
export function saveResults(samples: Samples): void {
  const results: Results = { date: new Date().toISOString().slice(0, 10), cores: cpus().length, samples };
  for (const name of Object.keys(tables) as TableName[])
    if (tables[name].needs.every((figure) => (samples[figure] ?? []).length > 0))
      writeFileSync(path(name), JSON.stringify(results, undefined, 2));
}

/** Undefined when there are none. */
export function lastResults(table: TableName): Results | undefined {
  return existsSync(path(table)) ? (JSON.parse(readFileSync(path(table), "utf8")) as Results) : undefined;
}

/** Throws a TaskError that says what to run when no table has results. */
export function allResults(): Partial<Record<TableName, Results>> {
  const found = (Object.keys(tables) as TableName[]).map((name) => [name, lastResults(name)] as const);
  if (found.some(([, results]) => results)) return Object.fromEntries(found);
  const commands = Object.values(tables).map(({ command }) => command);
  throw new TaskError(`there are no results in ${stateDirectory()}; run ${commands.join(" or ")}`);
}
