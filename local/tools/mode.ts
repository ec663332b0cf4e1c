import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Target } from "./target";

/**
 * With HARDWAY_TOOLS=official, the engine on PATH is used, and it fetches its own plugins. Otherwise everything is built,
 * even when there is an engine on PATH, so that one checkout gives the same tools on every machine.
 */
export function isOfficial(env: NodeJS.ProcessEnv = process.env): boolean {
  const mode = env.HARDWAY_TOOLS ?? "";
  if (mode === "" || mode === "build") return false;
  if (mode === "official") return true;
  throw new Error(`HARDWAY_TOOLS is "${mode}"; it must be "official", "build" or unset`);
}

/** Whether `target` is built. Kubernetes and etcd always are: the local cloud's machines cannot reach an official mirror. */
export function builtHere(target: Target): boolean {
  return target.release !== undefined || !isOfficial();
}

/** Throws when the official engine is wanted but missing, or has another major version. */
export async function assertOfficial(): Promise<void> {
  if (!isOfficial()) return;
  const version = await promisify(execFile)("pulumi", ["version"]).then(
    ({ stdout }) => stdout.trim(),
    (error: Error) => {
      throw new Error(`HARDWAY_TOOLS=official needs pulumi v3 on PATH, but "pulumi version" fails: ${error.message}`);
    },
  );
  if (!version.startsWith("v3."))
    throw new Error(`HARDWAY_TOOLS=official needs pulumi v3 on PATH, but ${version} is there`);
}
