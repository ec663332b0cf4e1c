/** Runs a command; the one way that the fabric starts the system's tools. */

import { spawn } from "node:child_process";

/** A command that ended badly: what was run, how it ended and what it said. */
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
  /** Written to standard input; nothing (end of file) when absent. */
  input?: string;
  env?: NodeJS.ProcessEnv;
  /** Gets standard error as it comes, line by line, besides its use in the error. */
  onLine?: (line: string) => void;
}

/** The caller's environment, with the system's tools on PATH also for a root whose PATH leaves them out. */
function environment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...base, PATH: [base.PATH, "/usr/sbin", "/sbin"].filter(Boolean).join(":") };
}

/**
 * Standard output of `command`.
 * Throws a {@link CommandError} for a status other than 0, and an error that names the command when it cannot be started.
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
    // A command that ends without reading its input closes the pipe early; its status says what happened.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}
