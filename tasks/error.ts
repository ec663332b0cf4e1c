/** A problem the user can solve: printed as it is, without a stack trace. */
export class TaskError extends Error {}
