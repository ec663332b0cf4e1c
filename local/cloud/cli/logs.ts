import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { createInterface } from "node:readline";
import { files, stateDir } from "../paths";

const LEVELS: Record<number, string> = { 10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };

/** Formats a line of the daemon's log (JSON by pino) for people. Any other text stays as it is. */
export function formatLog(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { time, level, msg, err, ...rest } = entry;
  const fields = Object.entries(rest)
    .filter(([key]) => key !== "pid" && key !== "hostname")
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const { stack, message } = (err ?? {}) as { stack?: string; message?: string };
  const said = typeof msg === "string" ? msg : "";
  const text = [new Date(Number(time)).toISOString(), LEVELS[Number(level)] ?? "", said, ...fields].join(" ");
  return err ? `${text}\n  ${stack ?? message}` : text;
}

/** Prints the daemon's log. With `follow`, goes on with new lines until it is interrupted. */
export async function logs({ follow }: { follow: boolean }): Promise<void> {
  const file = files.log(stateDir());
  if (!fs.existsSync(file)) throw new Error(`The log ${file} does not exist: the local cloud has not been started.`);
  const tail = spawn("tail", ["-n", "+1", ...(follow ? ["-F"] : []), file], { stdio: ["ignore", "pipe", "inherit"] });
  createInterface({ input: tail.stdout }).on("line", (line) => console.log(formatLog(line)));
  await once(tail, "close");
}
