import * as path from "node:path";
import { cacheHome } from "../../lib/directories";
import { placeOf } from "./places";
import { DEFAULTS, ENGINE_VERSION } from "./versions";

/** Where everything is. All paths are absolute. Asking creates nothing. */
export interface ToolPaths {
  /** Root of the cache: `$XDG_CACHE_HOME/hardway`. */
  cache: string;
  /** Directory with `pulumi` and `pulumi-language-nodejs`. */
  engineBin: string;
  /** `PULUMI_HOME`: the plugins, and what the engine stores for itself. */
  pulumiHome: string;
  /** Release mirror in the layout of the official places (places.ts): `kubernetes/…`, `etcd/…`. */
  mirror: string;
  /** Directory with `kubectl` of the default version. */
  kubectlDir: string;
  /** This machine's architecture as release files name it. */
  arch: "amd64" | "arm64";
}

const ARCHITECTURES: Record<string, ToolPaths["arch"]> = { x64: "amd64", arm64: "arm64" };

/**
 * Throws when nothing can be built for this machine's architecture. `env` and `cpu` (Node's name of the architecture)
 * are parameters for the tests.
 */
export function toolPaths(env: NodeJS.ProcessEnv = process.env, cpu: string = process.arch): ToolPaths {
  const arch = ARCHITECTURES[cpu];
  if (!arch) throw new Error(`no tools for a ${cpu} machine: they can be built for amd64 and arm64 only`);
  const cache = cacheHome(env);
  const mirror = path.join(cache, "mirror");
  return {
    cache,
    engineBin: path.join(cache, "engine", ENGINE_VERSION),
    pulumiHome: path.join(cache, "pulumi"),
    mirror,
    kubectlDir: path.join(mirror, placeOf("kubernetes", DEFAULTS.kubernetes, arch).directory),
    arch,
  };
}
