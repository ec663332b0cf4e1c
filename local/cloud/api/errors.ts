/** Errors in the form of Google's APIs. */

export interface ErrorDetail {
  message: string;
  reason: string;
  /** Google's name for the part that refuses; "global" by default. */
  domain?: string;
}

/** A request is refused. The answer has HTTP status `code` and the body of {@link errorBody}. */
export class ApiError extends Error {
  readonly details: ErrorDetail[];

  constructor(
    readonly code: number,
    reason: string,
    message: string,
    details?: ErrorDetail[],
    /** Further fields of the error. */
    readonly more: object = {},
  ) {
    super(message);
    this.details = details ?? [{ message, reason }];
  }
}

export function errorBody(error: ApiError): object {
  const errors = error.details.map(({ message, reason, domain = "global" }) => ({ message, domain, reason }));
  return { error: { code: error.code, message: error.message, errors, ...error.more } };
}

export function notFound(path: string): ApiError {
  return new ApiError(404, "notFound", `The resource '${path}' was not found`);
}

export function alreadyExists(path: string): ApiError {
  return new ApiError(409, "alreadyExists", `The resource '${path}' already exists`);
}

export function required(field: string): ApiError {
  return new ApiError(400, "required", `Required field '${field}' not specified`);
}

/** A field's value is refused. `must` says what would be accepted. */
export function invalid(field: string, value: unknown, must: string): ApiError {
  return new ApiError(400, "invalid", `Invalid value for field '${field}': '${show(value)}'. ${must}`);
}

/** A field refers to something that does not exist. */
export function danglingReference(field: string, value: string, type: string): ApiError {
  return invalid(field, value, `The referenced ${type} resource cannot be found.`);
}

/** Something uses a reserved address in another network tier than the address has. */
export function otherTier(field: string, address: string, tier: string, user: string, wanted: string): ApiError {
  return invalid(field, address, `The network tier of the address is ${tier}, that of the ${user} is ${wanted}.`);
}

export function inUse(type: string, path: string, user: string): ApiError {
  return new ApiError(
    400,
    "resourceInUseByAnotherResource",
    `The ${type} resource '${path}' is already being used by '${user}'`,
  );
}

export function notReady(path: string, why: string): ApiError {
  return new ApiError(400, "resourceNotReady", `The resource '${path}' is not ready: ${why}`);
}

export function conditionNotMet(message: string): ApiError {
  return new ApiError(412, "conditionNotMet", message);
}

/** Something that Google Cloud has and the local cloud does not. Refused, because ignoring it would mislead. */
export function notEmulated(what: string): ApiError {
  return new ApiError(400, "unsupportedOperation", `The local cloud does not emulate ${what}.`);
}

/** A value for an error message, cut to 200 characters. */
export function show(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
