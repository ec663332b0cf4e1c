import { withLock } from "../../../lib/lock";
import { locks } from "../paths";

/** Runs `work` while no other process starts or stops the local cloud of this host. Says so when it has to wait. */
export function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const say = (pid: string) => console.log(`Waiting for process ${pid}, which starts or stops the local cloud…`);
  return withLock(locks.control, say, work);
}
