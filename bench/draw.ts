import { readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { withMarked } from "../lib/marked";
import { projectDirectory } from "../lib/directories";
import { chart } from "./chart";
import { lastResults, Results } from "./results";
import { names } from "./rows";
import { render } from "./table";

/** Writes the last results into docs/: the chart bench.svg, and the table in bench.md. */

const conditions = ({ date, cores, samples }: Results) => {
  const runs = samples[names.floor]!.length;
  return `${date}, ${cores} cores, ${runs === 1 ? "one run" : `median of ${runs} runs`}`;
};

/** Replaces the table in the page. Throws when the page has no marks for it. */
export function withTable(page: string, results: Results): string {
  return withMarked(page, "table", `\`\`\`\n${conditions(results)}\n${render(results.samples)}\n\`\`\`\n`);
}

if (require.main === module) {
  const results = lastResults();
  const page = join(projectDirectory, "docs", "bench.md");
  writeFileSync(page, withTable(readFileSync(page, "utf8"), results));
  writeFileSync(join(projectDirectory, "docs", "bench.svg"), chart(results.samples, conditions(results)));
}
