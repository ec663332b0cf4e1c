import { readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { withMarked } from "../lib/marked";
import { projectDirectory } from "../lib/directories";
import { chart } from "./chart";
import { allResults, Results, TableName } from "./results";
import { names } from "./rows";
import { render } from "./table";

/** Writes the last results into docs/: the chart bench.svg, and the tables in bench.md. */

const conditions = ({ date, cores, samples }: Results, table: TableName) => {
  const runs = samples[table === "times" ? names.floor : names.gap("reads", "door")]!.length;
  const all = table === "times" ? `median of ${runs} runs` : `${runs} machines killed`;
  return `${date}, ${cores} cores, ${table === "times" && runs === 1 ? "one run" : all}`;
};

/** Replaces a table in the page. Throws when the page has no marks for it. */
export function withTable(page: string, table: TableName, results: Results): string {
  return withMarked(page, table, `\`\`\`\n${conditions(results, table)}\n${render(results.samples)}\n\`\`\`\n`);
}

if (require.main === module) {
  const path = join(projectDirectory, "docs", "bench.md");
  const { times, failover } = allResults();
  let page = readFileSync(path, "utf8");
  if (times) {
    page = withTable(page, "times", times);
    writeFileSync(join(projectDirectory, "docs", "bench.svg"), chart(times.samples, conditions(times, "times")));
  }
  if (failover) page = withTable(page, "failover", failover);
  writeFileSync(path, page);
}
