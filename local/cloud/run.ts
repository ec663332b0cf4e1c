/** Runs the system's tools. */

import { spawn } from "node:child_process";

/** A command failed: the command line, its status or signal, and its standard error. */
export class CommandError extends Error {
  constructor(
    readonly command: string,
    readonly status: number | NodeJS.Signals | null,
    readonly stderr: string,
  ) {
    super(`\`${command}\` ended with ${status}: ${stderr.trim() || "(no message)"}`);
    this.name = "CommandError";
  }
}

export interface RunOptions {
  /** The command's standard input; empty by default. */
  input?: string;
  env?: NodeJS.ProcessEnv;
  /** Called for each line of standard error as it arrives. */
  onLine?: (line: string) => void;
}

/** The caller's environment, with the directories of the system's tools on PATH. Some users' PATH does not have them. */
function environment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...base, PATH: [base.PATH, "/usr/sbin", "/sbin"].filter(Boolean).join(":") };
}

/**
 * Resolves with the standard output of `command`.
 * Rejects with a {@link CommandError} when its status is not 0, and with an error that names it when it cannot be started.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: environment(options.env) });
    let stdout = "";
    let stderr = "";
    let partial = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-8192);
      if (!options.onLine) return;
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      lines.forEach(options.onLine);
    });
    child.on("error", (error) => reject(new Error(`Cannot run \`${command}\`: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new CommandError([command, ...args].join(" "), code ?? signal, stderr));
    });
    // A command may end before it has read its input. That is not an error: its status says whether it succeeded.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}
