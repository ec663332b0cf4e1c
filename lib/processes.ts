/** Looking at processes by `/proc`, so that what another process started is found again. */

import { readFileSync } from "node:fs";

/** A process that cannot be taken for a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** In clock ticks since the host's boot. */
  startTime: number;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** State letter and start time, or undefined when there is no such process. */
function status(pid: number): { state: string; startTime: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The command name is in parentheses and may hold anything; the fields behind it are plain.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === undefined ? undefined : { state: fields[0], startTime: Number(fields[19]) };
}

export function identify(pid: number): ProcessIdentity | undefined {
  const found = status(pid);
  return found && { pid, startTime: found.startTime };
}

/** Whether the very same process still runs; one that ended and was not yet collected does not. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  const found = status(pid);
  return found !== undefined && found.startTime === startTime && found.state !== "Z" && found.state !== "X";
}

/** The children of a process, in order of their making. */
export function childrenOf(pid: number): number[] {
  return (read(`/proc/${pid}/task/${pid}/children`) ?? "").split(" ").filter(Boolean).map(Number);
}

export function commandName(pid: number): string | undefined {
  return read(`/proc/${pid}/comm`)?.trim();
}

/** Resolves to true once `condition` holds, to false when it has not within the time. Looks every 5 ms. */
export async function waitFor(condition: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}
