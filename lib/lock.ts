/**
 * Locks between processes: an flock(2) on a file. The kernel ties it to the open file, so it ends with the process that holds
 * it, even by SIGKILL. Node.js cannot call flock, so flock(1) does it on our open file and leaves the lock there when it ends.
 * A lock reaches as far as its file does: choose a file that is shared by exactly those who must exclude each other.
 */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** Lets go of a lock, and removes its file. */
export type Release = () => void;

/** Takes the lock if no process holds it; undefined if one does. Creates the file, and its directory, when they are missing. */
export async function tryLock(file: string): Promise<Release | undefined> {
  return hold(file, ["--nonblock"]);
}

/** Waits until no other process holds the lock, then takes it. Calls `onWait` once, with the holder's pid, if it must wait. */
export async function acquireLock(
  file: string,
  onWait: (holder: string) => void,
  signal?: AbortSignal,
): Promise<Release> {
  const immediately = await hold(file, ["--nonblock"], signal);
  if (immediately) return immediately;
  onWait(holderOf(file));
  return (await hold(file, [], signal))!;
}

/** Runs `work` while this process holds the lock. */
export async function withLock<T>(file: string, onWait: (holder: string) => void, work: () => Promise<T>): Promise<T> {
  const release = await acquireLock(file, onWait);
  try {
    return await work();
  } finally {
    release();
  }
}

async function hold(file: string, flags: string[], signal?: AbortSignal): Promise<Release | undefined> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (;;) {
    const descriptor = fs.openSync(file, "a");
    const isLocked = await flock(descriptor, flags, signal).catch((error: Error) => {
      fs.closeSync(descriptor);
      throw error;
    });
    if (isLocked && isAt(file, descriptor)) return own(file, descriptor);
    fs.closeSync(descriptor);
    if (!isLocked) return undefined;
    // An earlier holder removed this file after we had opened it. The lock is now at the file that took its place.
  }
}

function own(file: string, descriptor: number): Release {
  fs.ftruncateSync(descriptor);
  fs.writeSync(descriptor, `${process.pid}\n`);
  return () => {
    fs.rmSync(file, { force: true });
    fs.closeSync(descriptor);
  };
}

/** Whether `file` still names the open file. */
function isAt(file: string, descriptor: number): boolean {
  const [named, open] = [fs.statSync(file, { throwIfNoEntry: false }), fs.fstatSync(descriptor)];
  return named?.ino === open.ino && named.dev === open.dev;
}

/** Locks an open file. False when another process holds the lock, which only `--nonblock` reports. */
function flock(descriptor: number, flags: string[], signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn("flock", [...flags, "3"], {
      stdio: ["ignore", "ignore", "inherit", descriptor],
      detached: true, // A Ctrl-C at the terminal must reach this process only.
      signal,
    });
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new Error("flock is missing: install the package util-linux") : error),
    );
    child.once("close", (code, killedBy) => {
      if (code === 0 || code === 1) resolve(code === 0);
      else reject(new Error(`flock ended with ${killedBy ?? `code ${code}`}`));
    });
  });
}

function holderOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8").trim() || "unknown";
  } catch {
    return "unknown"; // It has just let go.
  }
}
