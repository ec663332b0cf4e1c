/** Order among asynchronous steps. */

/** Runs asynchronous steps one after another, in the order in which they were asked for. */
export class Serial {
  private last: Promise<unknown> = Promise.resolve();

  /** The step's own result or error; an error does not stop the steps behind it. */
  run<T>(step: () => Promise<T>): Promise<T> {
    const result = this.last.then(step);
    this.last = result.catch(() => undefined);
    return result;
  }
}

/** Like `Promise.all`, but an error waits until nothing is under way any more, so that clearing up is not disturbed. */
export async function settled<T extends unknown[]>(steps: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const outcomes = await Promise.allSettled(steps as Promise<unknown>[]);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as T;
}
