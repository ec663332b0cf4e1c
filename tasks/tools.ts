import { join } from "path";
import { projectDirectory } from "../lib/directories";
import { attached } from "../lib/process";

/** One of the project's own command line tools failed, and has said why itself. */
export class ToolFailed extends Error {
  constructor(readonly code: number) {
    super(`exit code ${code}`);
  }
}

/** Runs one of the project's own command line tools on this terminal, for example `("local/tools/cli.ts", "ensure")`. */
export async function runTool(script: string, ...args: string[]): Promise<void> {
  const code = await attached(process.execPath, ["--import", "tsx", join(projectDirectory, script), ...args], {
    cwd: projectDirectory,
  });
  if (code !== 0) throw new ToolFailed(code);
}

/** The engine with its plugins: built on the first run, about 8 minutes; found after that. */
export const ensureEngine = () => runTool("local/tools/cli.ts", "ensure", "engine", "language-nodejs", "plugins");

/** The engine, and the programs that machines of the local cloud install: about 13 minutes on the first run. */
export const ensureAllTools = () => runTool("local/tools/cli.ts", "ensure");

/** This host's packages and the image of a machine: about 2 minutes on the first run. */
export const ensureImage = () => runTool("local/cloud/image/cli.ts", "ensure");

export const startCloud = () => runTool("local/cloud/cli.ts", "start");
export const stopCloud = () => runTool("local/cloud/cli.ts", "stop");
