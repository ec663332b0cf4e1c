import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

const { getConfig } = pulumi.runtime;

/** Google's API refused a request, or cannot be reached. */
export class ComputeError extends Error {
  constructor(
    /** The HTTP status; undefined when there was no answer. */
    readonly status: number | undefined,
    message: string,
    /** Whether Google refused it only because there were too many. */
    readonly isRateLimit = false,
  ) {
    super(message);
  }
}

/**
 * Sends a request to the Compute Engine API, for the few that no resource or function of @pulumi/gcp makes. Uses the endpoint
 * and the credentials of the default provider. `path` begins with `projects/`. Resolves with the answer, and with undefined for
 * what does not exist. Throws a ComputeError.
 */
export async function compute<T>(method: "GET" | "POST", path: string, body?: object): Promise<T | undefined> {
  const headers = { Authorization: `Bearer ${await accessToken()}`, "Content-Type": "application/json" };
  const answer = await fetch(endpoint() + path, { method, headers, body: body && JSON.stringify(body) }).catch(
    (error: Error) => {
      const { cause = error } = error as { cause?: unknown };
      throw new ComputeError(undefined, `no answer from ${endpoint()}: ${(cause as Error).message}`);
    },
  );
  if (answer.status === 404) return undefined;
  const text = await answer.text();
  if (!answer.ok) {
    const { message = `HTTP status ${answer.status}`, errors } = errorIn(text);
    throw new ComputeError(answer.status, message, errors?.[0]?.reason === "rateLimitExceeded");
  }
  return JSON.parse(text) as T;
}

interface Operation {
  name: string;
  status: string;
  error?: { errors: { message: string }[] };
}

/** Sends a change of something in a region, and waits until it is made. Throws a ComputeError. */
export async function change(region: string, path: string, body: object): Promise<void> {
  let operation = await compute<Operation>("POST", path, body);
  while (operation && operation.status !== "DONE")
    operation = await compute<Operation>("POST", `${region}/operations/${operation.name}/wait`);
  const [error] = operation?.error?.errors ?? [];
  if (error) throw new ComputeError(undefined, error.message);
}

/** The base URL, ending in `/`, as the provider finds it. */
function endpoint(): string {
  const custom = getConfig("gcp:computeCustomEndpoint") ?? process.env.GOOGLE_COMPUTE_CUSTOM_ENDPOINT;
  const domain = getConfig("gcp:universeDomain") ?? "googleapis.com";
  return custom ?? `https://compute.${domain}/compute/v1/`;
}

async function accessToken(): Promise<string> {
  const given = getConfig("gcp:accessToken") ?? process.env.GOOGLE_OAUTH_ACCESS_TOKEN;
  try {
    return given ?? (await gcp.organizations.getClientConfig()).accessToken;
  } catch (error) {
    throw new ComputeError(undefined, `the credentials give no access token: ${(error as Error).message}`);
  }
}

interface GoogleError {
  message?: string;
  errors?: { reason?: string }[];
}

/** What the body of an error tells. A proxy's error may be anything. */
function errorIn(body: string): GoogleError {
  try {
    return (JSON.parse(body) as { error?: GoogleError }).error ?? {};
  } catch {
    return {};
  }
}
