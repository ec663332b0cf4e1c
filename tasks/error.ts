/** A problem the user can solve: printed as it is, without a stack trace. */
export class TaskError extends Error {}

/** What `work` gives; what it throws, as a problem that the user can solve. */
export function orTaskError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new TaskError((error as Error).message, { cause: error });
  }
}
