/** Where the local cloud keeps things, by the XDG base directory rules. */
import * as os from "node:os";
import * as path from "node:path";

function base(variable: string, fallback: string): string {
  return process.env[variable] || path.join(os.homedir(), fallback);
}

/** State of one cloud: mode 0700. */
export function stateDir(): string {
  return path.join(base("XDG_STATE_HOME", ".local/state"), "hardway", "cloud");
}

/** What the release mirror serves: `kubernetes/vX/bin/linux/ARCH/NAME` and `etcd/vX/…`. */
export function mirrorDir(): string {
  return path.join(base("XDG_CACHE_HOME", ".cache"), "hardway", "mirror");
}

export const files = {
  state: (dir: string) => path.join(dir, "state.json"),
  pid: (dir: string) => path.join(dir, "daemon.pid"),
  log: (dir: string) => path.join(dir, "cloud.log"),
};
