import { join } from "path";
import { Settings } from "../config";
import { projectDirectory } from "../lib/directories";
import { attached } from "../lib/process";
import { BUILDABLE, MIRROR_ADDRESS, Release } from "../local";

/** One of the project's own command line tools failed after it printed why. */
export class ToolFailed extends Error {
  constructor(readonly code: number) {
    super(`exit code ${code}`);
  }
}

/** Runs one of the project's own command line tools on this terminal, for example `("local/tools/cli.ts", "ensure")`. */
export async function runTool(script: string, ...args: string[]): Promise<void> {
  const code = await attached(process.execPath, ["--import", "tsx", join(projectDirectory, script), ...args], {
    cwd: projectDirectory,
  });
  if (code !== 0) throw new ToolFailed(code);
}

const ENGINE = ["engine", "language-nodejs", "plugins"];

const ensureTools = (args: string[]) => runTool("local/tools/cli.ts", "ensure", ...args);

/**
 * Gets the engine with its plugins, for work on a stack. For one on Google Cloud they are the official ones, unless
 * HARDWAY_TOOLS=build. For one in the local cloud they are built where the official ones cannot be reached: about 8 minutes on the
 * first run.
 */
export const ensureEngine = ({ local }: { local: boolean }) =>
  local ? ensureAnyEngine() : ensureTools(["--official", ...ENGINE]);

/** Gets the engine with its plugins, official or built, for work that changes nothing. */
export const ensureAnyEngine = () => ensureTools(ENGINE);

/** The settings that say what a stack's machines install, and where they download it. */
export type Releases = Pick<Settings, "kubernetesVersion" | "kubernetesMirror" | "etcdVersion" | "etcdMirror">;

/**
 * Gets the engine and what the machines of a local stack install. Where the official releases cannot be reached, they are built:
 * about 13 minutes on the first run.
 */
export const ensureAllTools = (settings?: Releases) => ensureTools(localTools(settings));

/**
 * What `ensure` must get for a stack in the local cloud: the engine, and Kubernetes and etcd in the versions that the
 * stack gets. Settings that only the engine can read (undefined) get the default versions. A version that
 * cannot be built is left out when the stack downloads it from a mirror other than the local cloud's.
 */
export function localTools(settings?: Releases): string[] {
  if (settings === undefined) return [...ENGINE, "kubernetes", "etcd"];
  const { kubernetesVersion, kubernetesMirror, etcdVersion, etcdMirror } = settings;
  return [
    ...ENGINE,
    ...release("kubernetes", kubernetesVersion, kubernetesMirror),
    ...release("etcd", etcdVersion, etcdMirror),
  ];
}

/** Gets what the machines of workers install, for a control plane with these settings. */
export const ensureWorkerTools = (settings?: KubernetesRelease) => ensureTools(workerTools(settings));

export type KubernetesRelease = Pick<Releases, "kubernetesVersion" | "kubernetesMirror">;

/**
 * What `ensure` must get for the machines of workers: kubelet and kube-proxy in the control plane's version, and what runs
 * containers. A version that cannot be built is left out as in {@link localTools}.
 */
export function workerTools(settings?: KubernetesRelease): string[] {
  if (settings === undefined) return ["workers"];
  const { kubernetesVersion, kubernetesMirror } = settings;
  return isWanted("kubernetes", kubernetesVersion, kubernetesMirror) ? [`workers@${kubernetesVersion}`] : ["runtime"];
}

function release(name: Release, version: string, mirror: string): string[] {
  return isWanted(name, version, mirror) ? [`${name}@${version}`] : [];
}

function isWanted(name: Release, version: string, mirror: string): boolean {
  return new URL(mirror).host === MIRROR_ADDRESS || BUILDABLE[name].includes(version);
}

/** Installs this host's packages and builds the image of a machine: about 2 minutes on the first run. */
export const ensureImage = () => runTool("local/cloud/image/cli.ts", "ensure");

export const startCloud = () => runTool("local/cloud/cli.ts", "start");
export const stopCloud = () => runTool("local/cloud/cli.ts", "stop");
