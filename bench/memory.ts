import { readdirSync, readFileSync } from "fs";
import { join } from "path";
import { machinesCgroup } from "../local";

/** Sum of the resident sets (VmRSS of proc(5)) of all processes on the local cloud's machines, in MiB. */
export function machinesMemory(): number {
  const kibibytes = processesIn(machinesCgroup()).map(residentKibibytes);
  return kibibytes.reduce((sum, one) => sum + one, 0) / 1024;
}

function processesIn(group: string): number[] {
  const own = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...own, ...below.flatMap((entry) => processesIn(join(group, entry.name)))];
}

/** 0 for a process that has ended. */
function residentKibibytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
