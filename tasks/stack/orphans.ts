import { Process, processes, sendSignal } from "../../lib/processes";
import { toolPaths } from "../../local";

/**
 * Ends the plugins and language hosts of killed engines, which would wait for their engine forever. They are processes of
 * this project's tools that have lost their parent, and children of such processes. Those of a running engine have a parent.
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
