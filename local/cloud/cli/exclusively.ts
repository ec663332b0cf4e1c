import { withLock } from "../../../lib/lock";
import { locks } from "../paths";

/** Runs `work` while no other process starts or stops a local cloud on this host. Prints a line when it has to wait. */
export function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const say = (pid: string) =>
    console.log(`Waiting for process ${pid}, which is starting or stopping the local cloud…`);
  return withLock(locks.control, say, work);
}
