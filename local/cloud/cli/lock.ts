import { once } from "node:events";
import * as net from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 50;

/** Names in the kernel's abstract socket namespace: gone with the process that has them, whatever ends it. */
export const CONTROL_LOCK = "\0hardway-cloud-control";
export const DAEMON_LOCK = "\0hardway-cloud-daemon";

/** Takes a lock if it is free; the process keeps it until it ends or closes the server. */
export async function tryLock(name: string): Promise<net.Server | undefined> {
  const server = net.createServer().unref();
  try {
    server.listen(name);
    await once(server, "listening");
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
}

/** Runs `work` while nobody else starts or stops the cloud; says so once when it has to wait. */
export async function exclusively<T>(work: () => Promise<T>, onWait: () => void): Promise<T> {
  let lock = await tryLock(CONTROL_LOCK);
  if (!lock) onWait();
  while (!lock) {
    await pause(POLL_MS);
    lock = await tryLock(CONTROL_LOCK);
  }
  try {
    return await work();
  } finally {
    lock.close();
  }
}
