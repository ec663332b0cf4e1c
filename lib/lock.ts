import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Waits until no other process holds `file`, then holds it; the returned function lets go. The kernel keeps the lock
 * (flock(1) of util-linux), so that of a dead process is free at once. `onWait` hears, once, the pid of the holder.
 */
export async function acquireLock(
  file: string,
  onWait: (holder: string) => void,
  signal?: AbortSignal,
): Promise<() => Promise<void>> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const immediately = await hold(["-n", file], signal);
  if (!immediately) onWait(holderOf(file));
  const release = immediately ?? (await hold([file], signal));
  if (!release) throw new Error(`cannot lock ${file}`);
  fs.writeFileSync(file, `${process.pid}\n`);
  return release;
}

/** flock runs cat, which ends with our end of its standard input: also when this process is killed. */
function hold(args: string[], signal?: AbortSignal): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn("flock", [...args, "sh", "-c", "echo held; exec cat >/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true, // Ctrl-C at the terminal is ours to handle
      signal,
    });
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new Error("flock is missing: install the package util-linux") : error),
    );
    child.stdout.once("data", () =>
      resolve(() => {
        child.stdin.end();
        return ended;
      }),
    );
    child.once("close", () => resolve(undefined));
  });
}

function holderOf(file: string): string {
  return fs.readFileSync(file, "utf8").trim() || "unknown";
}
