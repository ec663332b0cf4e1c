/** Finds what would stop a start of the local cloud half way, before anything is made. */
import * as fs from "node:fs";
import { join } from "node:path";
import { hasAptGet } from "../../hostPackages";
import { existing, lackOfSpace } from "../../space";
import { API_ADDRESS, API_PORT } from "../addresses";
import { foreignRoutes } from "../fabric/index";
import { EDGE } from "../fabric/names";
import { runIn } from "../fabric/namespaces";
import { missingHostPackages } from "../image/packages";
import { imageDirectoryName } from "../image/recipe";
import { imageDir, stateDir } from "../paths";
import { hasHostLink } from "../client";

/** Space for the image, including the packages from which it is built. */
const IMAGE_MEGABYTES = 900;
/** Space for one machine with a control plane and its logs. */
const MACHINE_MEGABYTES = 900;
/** The type of overlayfs in statfs(2). A machine's disk cannot be on it: overlayfs cannot be the upper layer of another. */
const OVERLAYFS = 0x794c7630;

/** Everything on this host that would stop a local cloud of so many machines. Empty while a local cloud runs. */
export async function hostProblems(machines = 1): Promise<string[]> {
  return hasHostLink() ? [] : [...packageProblems(), ...(await routeProblems()), ...diskProblems(machines)];
}

const isImageBuilt = () => fs.existsSync(join(imageDir(), imageDirectoryName()));

function packageProblems(): string[] {
  const missing = missingHostPackages();
  if (hasAptGet() || (missing.length === 0 && isImageBuilt())) return [];
  return [
    `apt-get, which installs ${missing.join(", ") || "a machine's packages"}, is not on PATH: ` +
      `use Debian 12 or a distribution based on it`,
  ];
}

/** Skipped on a host without `ip`. The start installs it and checks again. */
const routeProblems = async () => (missingHostPackages().includes("iproute2") ? [] : foreignRoutes());

function diskProblems(machines: number): string[] {
  const image = isImageBuilt() ? undefined : lackOfSpace(imageDir(), IMAGE_MEGABYTES, "the machines' image");
  const disks = lackOfSpace(stateDir(), machines * MACHINE_MEGABYTES, "the machines' disks");
  const isOverlay = fs.statfsSync(existing(stateDir())).type === OVERLAYFS;
  return [
    ...(image ? [`${image}: make room, or put the cache elsewhere with XDG_CACHE_HOME`] : []),
    ...(disks ? [`${disks}: make room, or put them elsewhere with XDG_STATE_HOME`] : []),
    ...(isOverlay
      ? [`${stateDir()} is on overlayfs, where machines' disks cannot be: set XDG_STATE_HOME to a directory on a disk`]
      : []),
  ];
}

/**
 * Throws when another process in the edge namespace listens on one of the daemon's ports. Processes elsewhere do not matter,
 * because the daemon's addresses are in that namespace.
 */
export async function refuseListeners(): Promise<void> {
  const ports = ["(", "sport", "=", `:${API_PORT}`, "or", "sport", "=", ":80", ")"];
  const listening = await runIn(EDGE, [
    "ss",
    "--no-header",
    "--listening",
    "--tcp",
    "--numeric",
    "--processes",
    ...ports,
  ]);
  const taken = listening.split("\n").filter(Boolean);
  if (taken.length === 0) return;
  const listeners = taken
    .map((line) => line.split(/\s+/))
    .map(([, , , address, , users]) => `${address} by ${users ?? "an unknown process"}`);
  throw new Error(
    `the local cloud's API cannot listen on ${API_ADDRESS}:${API_PORT}: in the network namespace ${EDGE} these are taken: ` +
      `${listeners.join(", ")}. End that process, or remove the namespace with \`stop\``,
  );
}
