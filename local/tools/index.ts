import * as path from "node:path";
import type { EnsureOptions } from "./ensure";
import { usesEngineOnPath } from "./mode";
import { toolPaths } from "./paths";
import { TOOLS } from "./pinned";
import { placeOf } from "./places";
import { DEFAULTS } from "./versions";

export { toolPaths } from "./paths";
export type { ToolPaths } from "./paths";
export * from "./versions";
export * from "./versions-images";

/** Downloads or builds what is missing: see ensure.ts. */
export async function ensureTools(options?: EnsureOptions): Promise<void> {
  return (await import("./ensure")).ensureTools(options);
}

/** Every reason why the tools can be neither downloaded nor built on this machine: see ensure.ts. */
export async function toolProblems(names?: string[]): Promise<string[]> {
  return (await import("./ensure")).toolProblems(names);
}

/**
 * Environment variables for running the tools: PATH with their directories first, and what the engine reads. kubectl has
 * the version `kubernetes` ("1.37.2") where that is built, and else the default version.
 */
export function toolEnv(
  env: NodeJS.ProcessEnv = process.env,
  kubernetes: string = DEFAULTS.kubernetes,
): Record<string, string> {
  const paths = toolPaths(env);
  const onPath = usesEngineOnPath(env, paths.engineBin);
  const engine: Record<string, string> = onPath ? {} : { PULUMI_HOME: paths.pulumiHome };
  const kubectl = [path.join(paths.mirror, placeOf("kubernetes", kubernetes, paths.arch).directory), paths.kubectlDir];
  const directories = [...new Set([...(onPath ? [] : [paths.engineBin]), ...kubectl])];
  const rest = (env.PATH ?? "")
    .split(path.delimiter)
    .filter((directory) => directory && !directories.includes(directory));
  return {
    PATH: [...directories, ...rest].join(path.delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_LOG_ROTATION_MAX_TOTAL_MB: "100", // the engine logs every command, and by default keeps 500 MB of logs
    PULUMI_NODEJS_TRANSPILE_ONLY: "true", // by swc: a type check takes 4 s of every run, and the tests make it
    // The SDK keeps a stack trace for every promise. Full traces took a seventh of the program's processor time.
    NODE_OPTIONS: env.NODE_OPTIONS ?? "--stack-trace-limit=2",
    // The engine saves its state when a resource starts and when it ends. Garbage collection took a fifth of that time.
    GOGC: env.GOGC ?? "400",
    PULUMI_NODEJS_TSCONFIG_PATH: path.join(TOOLS, "tsconfig.run.json"),
    ...engine,
  };
}
