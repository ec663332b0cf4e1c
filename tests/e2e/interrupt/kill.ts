import { spawn } from "child_process";
import { processes, sendSignal, waitFor } from "../../../lib/processes";
import { checkout } from "../support";

/** How a run ends: Ctrl-C at the terminal, or the death of every process at once, as when the computer loses its power. */
export type Signal = "SIGINT" | "SIGKILL";

/** A process, its children, their children, and so on. */
function family(pid: number): number[] {
  const all = processes();
  const below = (parent: number): number[] => [
    parent,
    ...all.filter((p) => p.parent === parent).flatMap((p) => below(p.pid)),
  ];
  return below(pid);
}

/**
 * Starts a make target, sends `signal` as soon as `moment` holds, and waits until the run has ended. Throws what it printed when it
 * ends before that.
 */
export async function interrupt(
  target: string,
  stack: string,
  signal: Signal,
  moment: () => boolean,
  withinMs = 300_000,
): Promise<void> {
  const child = spawn("make", ["--no-print-directory", target, `STACK=${stack}`], {
    cwd: checkout,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let running = true;
  void ended.then(() => (running = false));
  const seen = await waitFor(() => !running || moment(), withinMs);
  if (!seen || !running) throw new Error(`make ${target} did not reach the moment to interrupt it:\n${printed}`);
  // A terminal sends Ctrl-C to the whole process group. The engine's plugins are in other process groups.
  if (signal === "SIGINT") process.kill(-child.pid!, "SIGINT");
  else for (const pid of family(child.pid!)) sendSignal(pid, "SIGKILL");
  await ended;
}
