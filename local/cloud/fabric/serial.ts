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
