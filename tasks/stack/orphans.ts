import { Process, processes, sendSignal } from "../../lib/processes";
import { toolPaths } from "../../local";

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
    for (const { pid } of [...all.filter((p) => p.parent === orphan.pid), orphan]) sendSignal(pid, "SIGKILL");
  }
}
