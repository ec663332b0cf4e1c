import { readdirSync, readFileSync, readlinkSync } from "fs";
import { toolPaths } from "../../local/tools";

interface Process {
  pid: number;
  parent: number;
  /** The program's file, or undefined when it cannot be told (a kernel thread, another user's process). */
  program: string | undefined;
}

/**
 * Ends what a killed engine left running: its plugins and language host wait for it for ever. Only processes of this
 * project's own tools whose parent is gone, and their children; those of another run that still works have a parent.
 */
export function endOrphans(): void {
  const all = processes();
  const { engineBin, pulumiHome } = toolPaths();
  const ours = (p: Process) => [engineBin, pulumiHome].some((directory) => p.program?.startsWith(`${directory}/`));
  const orphans = all.filter((p) => p.parent === 1 && ours(p));
  for (const orphan of orphans) {
    for (const { pid } of [...all.filter((p) => p.parent === orphan.pid), orphan]) end(pid);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function processes(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The command's name, in parentheses, may hold anything; the parent is the second field after it.
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        return [{ pid: Number(name), parent, program: programOf(name) }];
      } catch {
        return []; // It ended meanwhile.
      }
    });
}

function programOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
  } catch {
    return undefined;
  }
}
