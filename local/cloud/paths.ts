/** Files and directories of the local cloud. */
import * as path from "node:path";
import { cacheHome, stateHome } from "../../lib/directories";
import { toolPaths } from "../tools/paths";

/**
 * Locks of this host. They do not depend on XDG_STATE_HOME, because any two local clouds would use the same names of
 * namespaces and the same addresses. Those names are in /run too, so the locks reach exactly as far.
 */
export const locks = {
  /** Held while a command starts or stops the local cloud. */
  control: "/run/hardway-cloud-control.lock",
  /** Held by the daemon as long as it runs. */
  daemon: "/run/hardway-cloud-daemon.lock",
};

/** The state of the local cloud, with the machines' disks. Only root can read it (mode 0700). */
export function stateDir(): string {
  return path.join(stateHome(), "cloud");
}

/** The directory of the machine images. */
export function imageDir(): string {
  return path.join(cacheHome(), "image");
}

/** The releases that the toolchain downloads or builds, and that the release mirror serves. */
export function mirrorDir(): string {
  return toolPaths().mirror;
}

export const files = {
  state: (dir: string) => path.join(dir, "state.json"),
  pid: (dir: string) => path.join(dir, "daemon.pid"),
  log: (dir: string) => path.join(dir, "cloud.log"),
};
