import { setTimeout as wait } from "timers/promises";

const PAUSE_MS = 200;

/** Waits until `probe` returns true. Throws an Error with `what` after `seconds`, and the reason of `signal` when that aborts. */
export async function until(
  what: string,
  seconds: number,
  probe: () => Promise<boolean> | boolean,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await probe())) {
    signal?.throwIfAborted();
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await wait(PAUSE_MS);
  }
}
