import { API_URL, callApi, compute } from "../local";
import { interrupt } from "./interrupt";

export const REGION = "us-central1";
export const PROJECT = "hardway-bench";
const PROJECT_PATH = `/compute/v1/projects/${PROJECT}`;
export const PROJECT_URL = API_URL + PROJECT_PATH;

/** Reads a resource from the Compute Engine API; undefined when it does not exist. */
export async function read<T>(path: string): Promise<T | undefined> {
  const { status, body } = await callApi<T>("GET", PROJECT_PATH + path, undefined, interrupt);
  return status === 200 ? body : undefined;
}

/** Creates a resource and waits for its operation. Rejects with the API's error. */
export async function create(path: string, body: object): Promise<void> {
  await compute("POST", PROJECT_PATH + path, body, interrupt);
}
