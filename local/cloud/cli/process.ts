/** The daemon's process, which a pid file records. */
import * as fs from "node:fs";
import { identify, isAlive, sendSignal, waitFor, type ProcessIdentity } from "../../../lib/processes";
import { files } from "../paths";

/** How long a process may take to end after each signal. */
const END_MS = 10_000;

/** Records this process: its number, and its start time, which differs for a later process with the same number. */
export function writePid(dir: string): void {
  const { pid, startTime } = identify(process.pid)!;
  fs.writeFileSync(files.pid(dir), `${pid} ${startTime}\n`, { mode: 0o600 });
}

/** The daemon's pid; undefined when it does not run. */
export function daemonPid(dir: string): number | undefined {
  const recorded = readPid(dir);
  return recorded && isAlive(recorded) ? recorded.pid : undefined;
}

function readPid(dir: string): ProcessIdentity | undefined {
  try {
    const [pid, startTime] = fs.readFileSync(files.pid(dir), "utf8").trim().split(" ").map(Number);
    return { pid: pid!, startTime: startTime! };
  } catch {
    return undefined;
  }
}

/** Sends SIGTERM, and SIGKILL after 10 s. Throws when the process still runs 10 s later. */
export async function end(pid: number): Promise<void> {
  const daemon = identify(pid);
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!daemon || !isAlive(daemon)) return;
    sendSignal(pid, signal);
    if (await waitFor(() => !isAlive(daemon), END_MS)) return;
  }
  throw new Error(`The daemon (pid ${pid}) still runs ${END_MS / 1000} s after SIGKILL.`);
}
