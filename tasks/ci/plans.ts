import { existsSync, lstatSync, readdirSync, readFileSync } from "fs";
import { join } from "path";
import { stripVTControlCharacters } from "util";

/**
 * What `make preview` or `make drift` printed in another job. That job uploaded it as the file plan.txt of an artifact
 * plan-STACK. A pull request can put anything into it, so it is only ever shown as text, and shortened.
 */
export interface Plan {
  stack: string;
  text: string;
}

const MOST_PLANS = 10;
const MOST_BYTES = 4 * 1024 * 1024;

/** The plans below `directory`, sorted by name. Ignores anything else there. */
export function readPlans(directory: string): Plan[] {
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  return names
    .flatMap((name) => {
      const stack = /^plan-([A-Za-z0-9_.-]{1,100})$/.exec(name)?.[1];
      const file = join(directory, name, "plan.txt");
      const about = stack !== undefined && existsSync(file) ? lstatSync(file) : undefined;
      if (stack === undefined || !about?.isFile()) return [];
      return [{ stack, text: about.size > MOST_BYTES ? "(too long to show)" : readFileSync(file, "utf8") }];
    })
    .slice(0, MOST_PLANS);
}

/** Markdown with one folded section for each plan, `limit` characters at most. */
export function renderPlans(plans: Plan[], limit: number): string {
  const room = Math.floor(limit / Math.max(1, plans.length)) - 200;
  return plans.map((plan) => section(plan, room)).join("\n");
}

function section({ stack, text }: Plan, room: number): string {
  const shown = shorten(clean(text), room);
  // The text cannot close a fence that is longer than every run of backquotes in it.
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  const title = `<summary><b>${stack}</b>: ${summary(text)}</summary>`;
  return `<details>${title}\n\n${fence}text\n${shown}\n${fence}\n\n</details>\n`;
}

/** The engine's count of changes. Only digits and known words get into it, because it is shown outside the fence. */
function summary(text: string): string {
  const counts = [
    ...(/^Resources:\n((?: {4}.*\n?)+)/m.exec(text)?.[1] ?? "").matchAll(/^ {4}(\W{1,3}) ?(\d+) (to \w+)$/gm),
  ];
  if (counts.length > 0) return counts.map(([, , count, what]) => `${count} ${what}`).join(", ");
  return /^error:/m.test(text) ? "failed" : /^Resources:\n {4}\d+ unchanged$/m.test(text) ? "no changes" : "see inside";
}

/** Removes what moves a cursor or changes the direction of text, and shortens runs of backquotes, because the fence must be longer. */
const clean = (text: string) =>
  stripVTControlCharacters(text)
    .replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, "")
    .replace(/`{9,}/g, "`".repeat(8))
    .trimEnd();

/** Keeps the beginning, and the end, which has the counts. */
function shorten(text: string, room: number): string {
  if (text.length <= room) return text;
  const half = Math.max(0, Math.floor((room - 100) / 2));
  const left = text.length - 2 * half;
  return `${text.slice(0, half)}\n… ${left} characters are left out here; the log has all of it …\n${text.slice(text.length - half)}`;
}
