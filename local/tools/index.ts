import * as path from "node:path";
import { isOfficial } from "./mode";
import { toolPaths } from "./paths";
import { TOOLS } from "./pinned";

export { ensureTools, toolProblems } from "./ensure";
export { toolPaths } from "./paths";
export type { ToolPaths } from "./paths";
export * from "./versions";

/**
 * Environment variables for running the tools: PATH with their directories first, and what the engine reads. The program
 * is transpiled by swc without a type check: that is the tests' part, and would take 4 s of every run.
 */
export function toolEnv(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const paths = toolPaths(env);
  const engine: Record<string, string> = isOfficial(env) ? {} : { PULUMI_HOME: paths.pulumiHome };
  const directories = [...(isOfficial(env) ? [] : [paths.engineBin]), paths.kubectlDir];
  const rest = (env.PATH ?? "")
    .split(path.delimiter)
    .filter((directory) => directory && !directories.includes(directory));
  return {
    PATH: [...directories, ...rest].join(path.delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_LOG_ROTATION_MAX_TOTAL_MB: "100", // the engine keeps a log of every command, 500 MB of them by itself
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    // The SDK keeps a stack trace for every promise: whole ones took a seventh of the program's processor time.
    NODE_OPTIONS: env.NODE_OPTIONS ?? "--stack-trace-limit=2",
    GOGC: env.GOGC ?? "400", // the engine saves its state at each resource's start and end: a fifth of that was collecting garbage
    PULUMI_NODEJS_TSCONFIG_PATH: path.join(TOOLS, "tsconfig.run.json"),
    ...engine,
  };
}
