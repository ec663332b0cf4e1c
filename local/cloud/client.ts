/** Requests from the host to the running local cloud. */
import { existsSync } from "node:fs";
import { API_URL, HALT_PATH, STATUS_PATH } from "./addresses";
import type { Status } from "./api/status";
import { HOST_LINK } from "./fabric/names";

/** Whether the host has its link into the cloud. Without it, a request to the API would leave by the host's default route. */
export const hasHostLink = (): boolean => existsSync(`/sys/class/net/${HOST_LINK}`);

/** An HTTP answer of the API. */
export interface ApiAnswer<T> {
  status: number;
  body: T;
}

/** One request to the API. `path` begins with `/compute/v1/`. */
export async function callApi<T>(
  method: string,
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<ApiAnswer<T>> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(API_URL + path, { method, headers, body: body && JSON.stringify(body), signal });
  return { status: response.status, body: (await response.json()) as T };
}

interface Operation {
  kind: string;
  status: string;
  selfLink: string;
  error?: unknown;
}

/**
 * A request as gcloud makes it. Resolves with the answer or, for a change, with its operation once that is done. Rejects with
 * the API's message when the request is refused or the operation fails.
 */
export async function compute<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  let answer = await callApi<Partial<Operation>>(method, path, body, signal);
  while (answer.body.kind === "compute#operation" && answer.body.status !== "DONE") {
    answer = await callApi("POST", `${new URL(answer.body.selfLink!).pathname}/wait`, undefined, signal);
  }
  const { status, body: result } = answer;
  if (status === 200 && result.error === undefined) return result as T;
  throw new Error(`${method} ${path}: HTTP ${status}: ${JSON.stringify(result.error ?? result)}`);
}

/** The running daemon's overview; undefined when no daemon answers in time. */
export async function fetchStatus(timeoutMs = 1000): Promise<Status | undefined> {
  if (!hasHostLink()) return undefined;
  try {
    const { status, body } = await callApi<Status>("GET", STATUS_PATH, undefined, AbortSignal.timeout(timeoutMs));
    return status === 200 ? body : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the daemon shut all machines down; resolves once they are off. */
export async function haltMachines(): Promise<void> {
  const { status, body } = await callApi("POST", HALT_PATH);
  if (status !== 200) throw new Error(`The machines could not be shut down: ${JSON.stringify(body)}`);
}
