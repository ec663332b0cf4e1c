/** The order of asynchronous steps. */

/** Runs asynchronous steps one after another, in the order of the calls. */
export class Serial {
  private last: Promise<unknown> = Promise.resolve();

  /** Settles as the step does. When a step fails, the next ones still run. */
  run<T>(step: () => Promise<T>): Promise<T> {
    const result = this.last.then(step);
    this.last = result.catch(() => undefined);
    return result;
  }
}

/** Like `Promise.all`, but rejects only when all steps have ended, so that cleaning up does not race with one of them. */
export async function settled<T extends unknown[]>(steps: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const outcomes = await Promise.allSettled(steps as Promise<unknown>[]);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as T;
}
