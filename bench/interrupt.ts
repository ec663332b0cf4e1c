/** After Ctrl-C in a measurement, programs end by themselves, and then the measurement is cleaned up. */

export class Interrupted extends Error {
  constructor(readonly exitCode: number) {
    super("interrupted");
  }
}

const controller = new AbortController();
export const interrupt = controller.signal;

const onInterrupt = () => controller.abort(new Interrupted(130));
const onTerminate = () => controller.abort(new Interrupted(143));

/** Runs `work`, and keeps Ctrl-C from ending this process before it has cleaned up. `work` must watch `interrupt`. */
export async function interruptible<T>(work: () => Promise<T>): Promise<T> {
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  try {
    return await work();
  } finally {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onTerminate);
  }
}

/** Calls `probe` every 50 ms until it returns a value, and resolves with that. Rejects with `what` after `seconds`. */
export async function until<T>(what: string, seconds: number, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    interrupt.throwIfAborted();
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const POLL_MS = 50;
