/** An operation that was accepted has failed. Becomes the operation's `error`. */
export class OperationFailure extends Error {
  constructor(
    /** Google's error code, e.g. `RESOURCE_IN_USE_BY_ANOTHER_RESOURCE`. */
    readonly code: string,
    message: string,
    readonly httpStatus = 400,
  ) {
    super(message);
  }
}
