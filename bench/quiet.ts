import { closeSync, openSync, readFileSync } from "fs";
import { attached } from "../lib/process";
import { interrupt } from "./interrupt";

export interface QuietOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** A file to read as standard input. */
  input?: string;
  /** A file that gets what the program prints. */
  log: string;
}

/** Runs a program as `attached` does, its output in a file. A failure rejects with the end of that. */
export async function quietly(program: string, args: string[], options: QuietOptions): Promise<void> {
  interrupt.throwIfAborted();
  const log = openSync(options.log, "a", 0o600);
  const input = options.input === undefined ? "ignore" : openSync(options.input, "r");
  try {
    const code = await attached(program, args, { cwd: options.cwd, env: options.env, stdio: [input, log, log] });
    interrupt.throwIfAborted();
    if (code === 0) return;
    const said = readFileSync(options.log, "utf8").trim().slice(-3000);
    throw new Error(`${program} ${args[0] ?? ""} ended with ${code}; it said:\n${said}`);
  } finally {
    closeSync(log);
    if (input !== "ignore") closeSync(input);
  }
}
