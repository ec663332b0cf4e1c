/** The daemon as a process: found by its pid file, told from a later process of the same number, ended. */
import * as fs from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { files } from "../paths";

const POLL_MS = 20;

/** When a process started, in clock ticks since the host's boot; undefined when there is none (or only its corpse). */
function startTime(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function writePid(dir: string): void {
  fs.writeFileSync(files.pid(dir), `${process.pid} ${startTime(process.pid)}\n`, { mode: 0o600 });
}

/** The daemon's pid, if it lives. */
export function daemonPid(dir: string): number | undefined {
  let text: string;
  try {
    text = fs.readFileSync(files.pid(dir), "utf8");
  } catch {
    return undefined;
  }
  const [pid, started] = text.trim().split(" ");
  return pid && started && startTime(Number(pid)) === started ? Number(pid) : undefined;
}

async function gone(pid: number, started: string | undefined, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (startTime(pid) === started) {
    if (Date.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}

/** Ends a process: asks, and after ten seconds no longer asks. */
export async function end(pid: number): Promise<void> {
  const started = startTime(pid);
  if (started === undefined) return;
  process.kill(pid, "SIGTERM");
  if (await gone(pid, started, 10_000)) return;
  process.kill(pid, "SIGKILL");
  if (!(await gone(pid, started, 10_000))) throw new Error(`The daemon (pid ${pid}) does not end.`);
}
