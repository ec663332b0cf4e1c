import * as fs from "node:fs";
import * as path from "node:path";
import { tryLock } from "../../../lib/lock";
import { locks, stateDir } from "../paths";
import { fetchStatus, haltMachines } from "../client";
import { exclusively } from "./exclusively";
import { daemonPid, end } from "./process";
import { requireRoot } from "./root";

/** Ends and removes the local cloud. Works on a broken one too, since it looks for its parts. `keep` leaves disks and state. */
export async function stop(options: { keep: boolean }): Promise<void> {
  requireRoot("stop");
  await exclusively(() => stopNow(stateDir(), options.keep));
}

async function stopNow(dir: string, keep: boolean): Promise<void> {
  const status = await fetchStatus();
  if (status && status.stateDir !== dir) {
    throw new Error(
      `The local cloud on this host has its state in ${status.stateDir}, not in ${dir}: set XDG_STATE_HOME to the value that it was started with.`,
    );
  }
  if (status && keep) await haltMachines();
  const pid = daemonPid(dir) ?? status?.pid;
  if (pid) await end(pid);
  const { teardown } = await import("../fabric/index");
  await teardown(dir, { keepDisks: keep });
  // Removes the lock file of a daemon that was killed.
  (await tryLock(locks.daemon))?.();
  if (!keep) removeState(dir);
  console.log(
    keep ? `The local cloud is stopped; its state and disks are in ${dir}.` : "The local cloud is stopped and removed.",
  );
}

function removeState(dir: string): void {
  fs.rmSync(dir, { recursive: true, force: true });
  try {
    fs.rmdirSync(path.dirname(dir));
  } catch {
    // It contains something else, or does not exist.
  }
}
