/** The processes of this machine as `/proc` shows them: the one place that reads it. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Tells a process from a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** In clock ticks since the host's boot. */
  startTime: number;
}

export interface Process {
  pid: number;
  /** The parent's number; 1 (or a subreaper's) once the parent has ended. */
  parent: number;
  /** Path of the program's file. Undefined for a kernel thread and for another user's process, which do not show it. */
  program: string | undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** State letter, parent and start time; undefined when no process has this number. See proc_pid_stat(5). */
function status(pid: number): { state: string; parent: number; startTime: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The command name is in parentheses and may contain anything; the fields after it are plain.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields?.[0] === undefined) return undefined;
  return { state: fields[0], parent: Number(fields[1]), startTime: Number(fields[19]) };
}

export function identify(pid: number): ProcessIdentity | undefined {
  const found = status(pid);
  return found && { pid, startTime: found.startTime };
}

/** Whether this very process still runs. A zombie, which has ended but was not yet collected, does not. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  const found = status(pid);
  return found !== undefined && found.startTime === startTime && found.state !== "Z" && found.state !== "X";
}

/** Numbers of all processes. Some may have ended by the time a caller looks at them. */
export function processIds(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** All processes that this one may see. */
export function processes(): Process[] {
  return processIds().flatMap((pid) => {
    const found = status(pid);
    return found ? [{ pid, parent: found.parent, program: programOf(pid) }] : [];
  });
}

function programOf(pid: number): string | undefined {
  try {
    // The kernel marks a program whose file was replaced or removed since its start.
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
  } catch {
    return undefined;
  }
}

/** Numbers of a process's children, oldest first. */
export function childrenOf(pid: number): number[] {
  return (read(`/proc/${pid}/task/${pid}/children`) ?? "").split(" ").filter(Boolean).map(Number);
}

/** The name that a process gives itself (`comm`), at most 15 characters. */
export function commandName(pid: number): string | undefined {
  return read(`/proc/${pid}/comm`)?.trim();
}

/** Sends a signal, by name or by number. Nothing happens when the process has ended meanwhile. */
export function sendSignal(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Resolves to true once `condition` holds, and to false when it does not hold within the time. Looks every 5 ms. */
export async function waitFor(condition: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}
