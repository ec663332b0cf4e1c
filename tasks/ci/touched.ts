import { appendFileSync } from "fs";
import { projectDirectory } from "../../lib/directories";
import { capture } from "../../lib/process";
import { TaskError } from "../error";
import { environments } from "../stack";

/** What no stack's plan depends on. Anything else, and what is new, touches every environment. */
const ELSEWHERE = [
  /^(\.ci|\.github|bench|docs|examples|local|tasks|tests|verify)\//,
  /\.md$/,
  /^(Makefile|LICENSE|eslint\.config\.mjs|jest\.config\.js|\.gitignore|\.npmrc|\.prettier\w+(\.json)?)$/,
];

const stackOf = (file: string) => /^Pulumi\.([^/]+)\.yaml$/.exec(file)?.[1];

/** Those of `stacks` whose plan a change of `files` may change. */
export function touchedBy(files: string[], stacks: string[]): string[] {
  const ofProgram = files.some((file) => stackOf(file) === undefined && !ELSEWHERE.some((part) => part.test(file)));
  return stacks.filter((stack) => ofProgram || files.some((file) => stackOf(file) === stack));
}

/** Prints the environments that the commits since `base` touch, all of them without a base; a workflow's next job reads them too. */
export async function touched(base: string): Promise<number> {
  const none = /^0*$/.test(base); // what GitHub gives for a branch that was not there before
  const stacks = none ? environments() : touchedBy(await changedFiles(base), environments());
  console.log(stacks.join("\n") || "no environment");
  if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, `stacks=${JSON.stringify(stacks)}\n`);
  return 0;
}

async function changedFiles(base: string): Promise<string[]> {
  const args = ["diff", "--name-only", "--no-renames", "-z", "--end-of-options", `${base}...HEAD`];
  const { code, stdout, stderr } = await capture("git", args, { cwd: projectDirectory });
  if (code !== 0) throw new TaskError(`BASE=${base}: ${stderr.split("\n")[0]}; name a commit that is in this clone`);
  return stdout.split("\0").filter(Boolean);
}
