/** Where the local cloud keeps things. */
import * as path from "node:path";
import { cacheHome, stateHome } from "../../lib/directories";
import { toolPaths } from "../tools/paths";

/**
 * Locks of this host. They are beside /run/netns on purpose: two local clouds would use the same names of namespaces and the
 * same addresses, whatever their XDG_STATE_HOME.
 */
export const locks = {
  /** Held while a command starts or stops the local cloud. */
  control: "/run/hardway-cloud-control.lock",
  /** Held by the daemon as long as it runs. */
  daemon: "/run/hardway-cloud-daemon.lock",
};

/** State of one cloud: mode 0700. */
export function stateDir(): string {
  return path.join(stateHome(), "cloud");
}

/** The directory of the machine images. */
export function imageDir(): string {
  return path.join(cacheHome(), "image");
}

/** What the release mirror serves, which is what the toolchain builds for it. */
export function mirrorDir(): string {
  return toolPaths().mirror;
}

export const files = {
  state: (dir: string) => path.join(dir, "state.json"),
  pid: (dir: string) => path.join(dir, "daemon.pid"),
  log: (dir: string) => path.join(dir, "cloud.log"),
};
