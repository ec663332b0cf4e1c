import { API_ADDRESS, API_PORT } from "../addresses";
import type { Status } from "../api/status";

export const API_URL = `http://${API_ADDRESS}:${API_PORT}`;

/** The running daemon's overview; undefined when none answers in time. */
export async function fetchStatus(timeoutMs = 1000): Promise<Status | undefined> {
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
