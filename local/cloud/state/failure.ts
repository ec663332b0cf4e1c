/** Ends an operation that was accepted: becomes the operation's `error`. */
export class OperationFailure extends Error {
  constructor(
    /** Google's word for it, e.g. `RESOURCE_IN_USE_BY_ANOTHER_RESOURCE`. */
    readonly code: string,
    message: string,
    readonly httpStatus = 400,
  ) {
    super(message);
  }
}
