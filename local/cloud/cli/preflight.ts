/** What would stop a start of the local cloud half way, found before anything is made. */
import * as fs from "node:fs";
import { delimiter, join } from "node:path";
import { existing, lackOfSpace } from "../../space";
import { API_ADDRESS, API_PORT } from "../addresses";
import { foreignRoutes } from "../fabric/index";
import { EDGE } from "../fabric/names";
import { runIn } from "../fabric/namespaces";
import { missingHostPackages } from "../image/packages";
import { imageDirectoryName } from "../image/recipe";
import { imageDir, stateDir } from "../paths";
import { hasHostLink } from "../client";

/** Of an image, with the packages it is made of. */
const IMAGE_MEGABYTES = 900;
/** Of a machine with a control plane and its logs. */
const MACHINE_MEGABYTES = 900;
/** statfs(2)'s number of overlayfs, which cannot be the upper layer of another. */
const OVERLAYFS = 0x794c7630;

/** Everything of this host that stands in the way of a local cloud of so many machines; nothing once it has been started. */
export async function hostProblems(machines = 1): Promise<string[]> {
  return hasHostLink() ? [] : [...packageProblems(), ...(await routeProblems()), ...diskProblems(machines)];
}

const isImageBuilt = () => fs.existsSync(join(imageDir(), imageDirectoryName()));

function packageProblems(): string[] {
  const missing = missingHostPackages();
  const hasApt = (process.env.PATH ?? "").split(delimiter).some((path) => fs.existsSync(join(path, "apt-get")));
  if (hasApt || (missing.length === 0 && isImageBuilt())) return [];
  return [
    `there is no apt-get on PATH, which installs ${missing.join(", ") || "a machine's packages"}: ` +
      `use Debian 12 or a relative of it`,
  ];
}

/** Not asked of a host that lacks the command for it; the start, which installs it, asks again. */
const routeProblems = async () => (missingHostPackages().includes("iproute2") ? [] : foreignRoutes());

function diskProblems(machines: number): string[] {
  const image = isImageBuilt() ? undefined : lackOfSpace(imageDir(), IMAGE_MEGABYTES, "the machines' image");
  const disks = lackOfSpace(stateDir(), machines * MACHINE_MEGABYTES, "the machines' disks");
  const isOverlay = fs.statfsSync(existing(stateDir())).type === OVERLAYFS;
  return [
    ...(image ? [`${image}: make room, or put the cache elsewhere with XDG_CACHE_HOME`] : []),
    ...(disks ? [`${disks}: make room, or put them elsewhere with XDG_STATE_HOME`] : []),
    ...(isOverlay
      ? [`${stateDir()} is on overlayfs, which holds no machines: set XDG_STATE_HOME to a directory on a disk`]
      : []),
  ];
}

/**
 * Throws when another process listens where the daemon will. Its addresses are in a network namespace of its own, so that
 * what listens on the host is not in the way.
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
  const who = taken
    .map((line) => line.split(/\s+/))
    .map(([, , , address, , users]) => `${address} by ${users ?? "an unknown process"}`);
  throw new Error(
    `the local cloud's API cannot listen on ${API_ADDRESS}:${API_PORT}: in the network namespace ${EDGE} these are taken: ` +
      `${who.join(", ")}. End that process, or everything with \`stop\``,
  );
}
