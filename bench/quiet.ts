import { closeSync, openSync, readFileSync } from "fs";
import { attached } from "../lib/process";
import { interrupt } from "./interrupt";

export interface QuietOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Path of the standard input. */
  input?: string;
  /** Path of the file that gets the program's output. */
  log: string;
}

/** Runs a program as `attached` does, with its output in a file. Rejects with the end of the output when it fails. */
export async function quietly(program: string, args: string[], options: QuietOptions): Promise<void> {
  interrupt.throwIfAborted();
  const log = openSync(options.log, "a", 0o600);
  const input = options.input === undefined ? "ignore" : openSync(options.input, "r");
  try {
    const code = await attached(program, args, { cwd: options.cwd, env: options.env, stdio: [input, log, log] });
    interrupt.throwIfAborted();
    if (code === 0) return;
    const said = readFileSync(options.log, "utf8").trim().slice(-3000);
    throw new Error(`${program} ${args[0] ?? ""} failed with exit code ${code}. The end of its output:\n${said}`);
  } finally {
    closeSync(log);
    if (input !== "ignore") closeSync(input);
  }
}
