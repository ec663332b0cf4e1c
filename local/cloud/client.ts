import { existsSync } from "node:fs";
import { API_ADDRESS, API_PORT } from "./addresses";
import { HOST_LINK } from "./fabric/names";
import type { Status } from "./api/status";

export const API_URL = `http://${API_ADDRESS}:${API_PORT}`;

/** Whether the host has its link into the cloud. Without it a call of the API would leave by the host's default route. */
export const hasHostLink = (): boolean => existsSync(`/sys/class/net/${HOST_LINK}`);

/** The running daemon's overview; undefined when none answers in time. */
export async function fetchStatus(timeoutMs = 1000): Promise<Status | undefined> {
  if (!hasHostLink()) return undefined;
  try {
    const response = await fetch(`${API_URL}/local/v1/status`, { signal: AbortSignal.timeout(timeoutMs) });
    return response.ok ? ((await response.json()) as Status) : undefined;
  } catch {
    return undefined;
  }
}

/** Has the daemon shut all machines down; takes as long as they take. */
export async function haltMachines(): Promise<void> {
  const response = await fetch(`${API_URL}/local/v1/halt`, { method: "POST" });
  if (!response.ok) throw new Error(`The machines could not be shut down: ${await response.text()}`);
}
