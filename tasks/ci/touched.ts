import { appendFileSync } from "fs";
import { projectDirectory } from "../../lib/directories";
import { capture } from "../../lib/process";
import { TaskError } from "../error";
import { environments } from "../stack";

/** Files that no stack's plan depends on. Every other file, and so every new one, touches all environments. */
const ELSEWHERE = [
  /^(\.ci|\.github|bench|docs|examples|local|tasks|tests|verify)\//,
  /\.md$/,
  /^(Makefile|LICENSE|eslint\.config\.mjs|jest\.config\.js|\.gitignore|\.npmrc|\.prettier\w+(\.json)?)$/,
];

const stackOf = (file: string) => /^Pulumi\.([^/]+)\.yaml$/.exec(file)?.[1];

/** The stacks whose plan may differ after a change of `files`. */
export function touchedBy(files: string[], stacks: string[]): string[] {
  const isProgram = files.some((file) => stackOf(file) === undefined && !ELSEWHERE.some((part) => part.test(file)));
  return stacks.filter((stack) => isProgram || files.some((file) => stackOf(file) === stack));
}

/** Prints the environments that the commits since `base` touch, or all when there is no base. A workflow's next jobs get them too. */
export async function touched(base: string): Promise<number> {
  const none = /^0*$/.test(base); // GitHub passes zeros for a new branch.
  const stacks = none ? environments() : touchedBy(await changedFiles(base), environments());
  console.log(stacks.join("\n") || "no environment");
  if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, `stacks=${JSON.stringify(stacks)}\n`);
  return 0;
}

async function changedFiles(base: string): Promise<string[]> {
  const args = ["diff", "--name-only", "--no-renames", "-z", "--end-of-options", `${base}...HEAD`];
  const { code, stdout, stderr } = await capture("git", args, { cwd: projectDirectory });
  if (code !== 0) throw new TaskError(`BASE=${base} must be a commit in this clone: ${stderr.split("\n")[0]}`);
  return stdout.split("\0").filter(Boolean);
}
