import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { askGoogle, customEndpoint, GoogleError } from "../lib/google";

const { getConfig } = pulumi.runtime;

/**
 * Sends a request to the Compute Engine API, for the few that no resource or function of @pulumi/gcp makes. Uses the endpoint
 * and the credentials of the default provider. `path` begins with `projects/`. Resolves with undefined for what does not exist.
 * Throws a GoogleError.
 */
export async function compute<T>(method: "GET" | "POST", path: string, body?: object): Promise<T | undefined> {
  const token = await accessToken();
  return askGoogle<T>(method, endpoint() + path, { token, body }).catch((error: GoogleError) => {
    if (error.status === 404) return undefined;
    throw error;
  });
}

interface Operation {
  name: string;
  status: string;
  error?: { errors: { message: string }[] };
}

/** Sends a change of something in a region, and waits until it is made. Throws a GoogleError. */
export async function change(region: string, path: string, body: object): Promise<void> {
  let operation = await compute<Operation>("POST", path, body);
  while (operation && operation.status !== "DONE")
    operation = await compute<Operation>("POST", `${region}/operations/${operation.name}/wait`);
  const [error] = operation?.error?.errors ?? [];
  if (error) throw new GoogleError(undefined, error.message);
}

/** The base URL, ending in `/`, as the provider finds it. */
function endpoint(): string {
  const domain = getConfig("gcp:universeDomain") ?? "googleapis.com";
  return customEndpoint(getConfig("gcp:computeCustomEndpoint")) ?? `https://compute.${domain}/compute/v1/`;
}

async function accessToken(): Promise<string> {
  const given = getConfig("gcp:accessToken") ?? process.env.GOOGLE_OAUTH_ACCESS_TOKEN;
  try {
    return given ?? (await gcp.organizations.getClientConfig()).accessToken;
  } catch (error) {
    throw new GoogleError(undefined, `the credentials give no access token: ${(error as Error).message}`);
  }
}
