import { LOCAL_API } from "../tasks/stack/local";
import { interrupt } from "./interrupt";

export const REGION = "us-central1";
export const PROJECT = "hardway-bench";
export const PROJECT_URL = `${LOCAL_API}compute/v1/projects/${PROJECT}`;

interface Operation {
  kind: string;
  name: string;
  status: string;
  zone?: string;
  region?: string;
  error?: unknown;
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(PROJECT_URL + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
    signal: interrupt,
  });
  if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Reads a resource of the Compute Engine API; undefined when there is none. */
export async function read<T>(path: string): Promise<T | undefined> {
  const response = await fetch(PROJECT_URL + path, { signal: interrupt });
  return response.ok ? ((await response.json()) as T) : undefined;
}

/** Makes a resource and waits until its operation is done. Rejects with the API's error. */
export async function create(path: string, body: object): Promise<void> {
  let operation = await call<Operation>("POST", path, body);
  while (operation.status !== "DONE") {
    const scope = path.slice(0, path.lastIndexOf("/"));
    operation = await call<Operation>("POST", `${scope}/operations/${operation.name}/wait`);
  }
  if (operation.error !== undefined) throw new Error(`POST ${path}: ${JSON.stringify(operation.error)}`);
}
