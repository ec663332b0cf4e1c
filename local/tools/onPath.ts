import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { findOnPath } from "./mode";
import { officialKey } from "./official/release";
import { ToolPaths } from "./paths";
import { publish, scratchFor } from "./publish";
import { Target } from "./target";
import { ENGINE_VERSION } from "./versions";

/** The directory of an installed command line of the pinned version, with its language host; undefined when there is none. */
export async function installedEngine({ engineBin }: ToolPaths, env = process.env): Promise<string | undefined> {
  const pulumi = findOnPath("pulumi", env, [engineBin]);
  if (pulumi === undefined || (await versionOf(pulumi).catch(() => "")) !== ENGINE_VERSION) return undefined;
  const directory = path.dirname(fs.realpathSync(pulumi));
  return findOnPath("pulumi-language-nodejs", { PATH: directory }) && directory;
}

/** Whether a target is a part of the command line. */
export const isEngine = ({ name }: Target) => name === "engine" || name === "language-nodejs";

/** Whether a target is a part of the command line, or a plugin, which the command line fetches itself. */
export const isPulumi = (target: Target) => isEngine(target) || target.groups.includes("plugins");

/** Copies a part of the installed command line into the cache. */
export function copyInstalled(target: Target, directory: string, paths: ToolPaths): void {
  const scratch = scratchFor(target, paths);
  const files = Object.keys(target.binaries);
  for (const file of files) fs.copyFileSync(path.join(directory, file), path.join(scratch, file));
  publish(target, officialKey(target, paths.arch), paths, scratch, files);
}

/** The version of the command line on PATH, which HARDWAY_TOOLS=official uses. Throws when it does not run or is not v3. */
export async function engineOnPath(): Promise<string> {
  const version = await versionOf("pulumi").catch((error: Error) => {
    throw new Error(`HARDWAY_TOOLS=official uses the pulumi on PATH, but "pulumi version" fails: ${error.message}`);
  });
  if (!version.startsWith("v3."))
    throw new Error(`HARDWAY_TOOLS=official uses the pulumi on PATH, which must be v3, but ${version} is there`);
  return version;
}

async function versionOf(pulumi: string): Promise<string> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const { stdout } = await promisify(execFile)(pulumi, ["version"], { env, timeout: 10_000 });
  return stdout.trim();
}
