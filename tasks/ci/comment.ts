import { ask, fromWorkflow, list, own, Post, runPage } from "./github";
import { readPlans, renderPlans } from "./plans";

const MARKER = "<!-- hardway: plans -->";
/** GitHub allows 65536 characters in a comment. */
const LIMIT = 60_000;

interface PullRequest {
  number: number;
  head: { sha: string };
}

/**
 * Puts the plans in `directory` into the pull request's one comment. This runs with the right to comment, after a run
 * without that right. It asks GitHub for the pull request, because it must not trust what the earlier run left.
 */
export async function comment(directory: string): Promise<number> {
  const [sha, branch, owner] = ["HEAD_SHA", "HEAD_BRANCH", "HEAD_OWNER"].map(fromWorkflow) as [string, string, string];
  const plans = readPlans(directory);
  const open = await list<PullRequest>(`pulls?state=open&head=${encodeURIComponent(`${owner}:${branch}`)}`);
  for (const { number } of open.filter(({ head }) => head.sha === sha)) {
    const before = own(await list<Post>(`issues/${number}/comments`), MARKER);
    if (before === undefined && plans.length === 0) continue;
    const body = text(sha, plans.length === 0 ? "This change touches no environment." : renderPlans(plans, LIMIT));
    if (before) await ask("PATCH", `issues/comments/${before.id}`, { body });
    else await ask("POST", `issues/${number}/comments`, { body });
    console.log(`pull request ${number}: ${before ? "comment updated" : "comment added"}`);
  }
  return 0;
}

function text(sha: string, plans: string): string {
  const outcome = fromWorkflow("RESULT") === "success" ? "" : " (some failed)";
  return `${MARKER}\n### Plans for ${sha.slice(0, 8)}${outcome}\n\n${plans}\n[Log](${runPage(fromWorkflow("RUN_ID"))}) · \`make preview STACK=…\` prints the same.\n`;
}
