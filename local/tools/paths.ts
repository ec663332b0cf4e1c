import * as path from "node:path";
import { cacheHome } from "../../lib/directories";
import { ENGINE_VERSION, KUBERNETES_VERSION } from "./versions";

/** Where everything lies. All paths are absolute; nothing is created by asking. */
export interface ToolPaths {
  /** Root of the cache: `$XDG_CACHE_HOME/hardway`. */
  cache: string;
  /** Directory with `pulumi` and `pulumi-language-nodejs`. */
  engineBin: string;
  /** `PULUMI_HOME`: plugins, and what the engine keeps for itself. */
  pulumiHome: string;
  /** Release mirror in the layout of the official sites: `kubernetes/…`, `etcd/…`. */
  mirror: string;
  /** Directory with `kubectl`. */
  kubectlDir: string;
  /** This machine's architecture as release files name it. */
  arch: "amd64" | "arm64";
}

const ARCHITECTURES: Record<string, ToolPaths["arch"]> = { x64: "amd64", arm64: "arm64" };

/** `env` and `cpu` (Node's name of the architecture) are parameters for the tests. */
export function toolPaths(env: NodeJS.ProcessEnv = process.env, cpu: string = process.arch): ToolPaths {
  const arch = ARCHITECTURES[cpu];
  if (!arch) throw new Error(`no tools for a ${cpu} machine: only amd64 and arm64 can be built`);
  const cache = cacheHome(env);
  const mirror = path.join(cache, "mirror");
  return {
    cache,
    engineBin: path.join(cache, "engine", ENGINE_VERSION),
    pulumiHome: path.join(cache, "pulumi"),
    mirror,
    kubectlDir: path.join(mirror, kubernetesDir(arch)),
    arch,
  };
}

/** Directory of one architecture's binaries, below the mirror. */
export function kubernetesDir(arch: string): string {
  return `kubernetes/${KUBERNETES_VERSION}/bin/linux/${arch}`;
}
