/** A problem that the user can solve. Printed without a stack trace. */
export class TaskError extends Error {}

/** Returns what `work` returns, and turns what it throws into a TaskError. */
export function orTaskError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new TaskError((error as Error).message, { cause: error });
  }
}
