import { send } from "./request";

/** An answer may wait for an operation, which Google lets one do for two minutes. */
const REQUEST_MS = 150_000;

/** Google's API refused a request, or cannot be reached. */
export class GoogleError extends Error {
  constructor(
    /** The HTTP status; undefined when there was no answer. */
    readonly status: number | undefined,
    message: string,
    /** Google's word for the kind of error, such as `rateLimitExceeded`; undefined when it gave none. */
    readonly reason?: string,
  ) {
    super(message);
  }
}

/** The endpoint that Google's provider uses instead of Google's: that of the setting gcp:computeCustomEndpoint, or of the environment. */
export const customEndpoint = (setting: string | undefined): string | undefined =>
  setting ?? process.env.GOOGLE_COMPUTE_CUSTOM_ENDPOINT;

export interface GoogleRequest {
  token: string;
  body?: object;
  headers?: Record<string, string>;
}

/** Sends a request to one of Google's APIs and resolves with the answer. Throws a GoogleError. */
export async function askGoogle<T>(method: "GET" | "POST", url: string, request: GoogleRequest): Promise<T> {
  const { token, body, headers } = request;
  const { status, body: text } = await send(url, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...headers },
    milliseconds: REQUEST_MS,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    throw new GoogleError(undefined, `no answer from ${new URL(url).origin}: ${error.message}`);
  });
  if (status >= 200 && status <= 299) return JSON.parse(text) as T;
  const { message = `HTTP status ${status}`, errors } = errorIn(text);
  throw new GoogleError(status, message, errors?.[0]?.reason);
}

interface ErrorBody {
  message?: string;
  errors?: { reason?: string }[];
}

/** What the body of an error tells. A proxy's error may be anything. */
function errorIn(body: string): ErrorBody {
  try {
    return (JSON.parse(body) as { error?: ErrorBody }).error ?? {};
  } catch {
    return {};
  }
}
