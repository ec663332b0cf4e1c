/** Where the local cloud keeps things. */
import * as path from "node:path";
import { cacheHome, stateHome } from "../../lib/directories";

/** State of one cloud: mode 0700. */
export function stateDir(): string {
  return path.join(stateHome(), "cloud");
}

/** What the release mirror serves: `kubernetes/vX/bin/linux/ARCH/NAME` and `etcd/vX/…`. */
export function mirrorDir(): string {
  return path.join(cacheHome(), "mirror");
}

export const files = {
  state: (dir: string) => path.join(dir, "state.json"),
  pid: (dir: string) => path.join(dir, "daemon.pid"),
  log: (dir: string) => path.join(dir, "cloud.log"),
};
