import { ask, fromWorkflow, list, own, Post, runPage } from "./github";
import { readPlans, renderPlans } from "./plans";

const MARKER = "<!-- hardway: drift -->";
const LABEL = "drift";
/** GitHub allows 65536 characters in an issue. */
const LIMIT = 60_000;

/**
 * Opens or updates the one issue about drift with the reports in `directory`: one for each stack that differs from its cloud.
 * Closes the issue when every stack was compared (RESULT=success) and there is no report.
 */
export async function driftIssue(directory: string): Promise<number> {
  const issue = own(await list<Post>(`issues?state=open&labels=${LABEL}`), MARKER);
  const reports = readPlans(directory);
  if (fromWorkflow("RESULT") === "success" && reports.length === 0) {
    if (issue) await ask("PATCH", `issues/${issue.number}`, { state: "closed", state_reason: "completed" });
    console.log(issue ? `no drift: issue ${issue.number} closed` : "no drift");
    return 0;
  }
  const what = reports.length === 0 ? "The check failed before it compared anything.\n" : renderPlans(reports, LIMIT);
  const body = `${MARKER}\n${what}\n[Log of the last check](${runPage()}) · \`make drift STACK=…\` prints the same.\n`;
  if (issue) await ask("PATCH", `issues/${issue.number}`, { body });
  else await ask("POST", "issues", { title: "The cloud differs from the program", body, labels: [LABEL] });
  console.log(issue ? `issue ${issue.number} updated` : "issue opened");
  return 0;
}
