import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Target } from "./target";

/**
 * With HARDWAY_TOOLS=official the engine on PATH is used, which fetches its own plugins; otherwise all is built here,
 * also when there is an engine on PATH: the same checkout then gives the same tools on every machine.
 */
export function isOfficial(env: NodeJS.ProcessEnv = process.env): boolean {
  const mode = env.HARDWAY_TOOLS ?? "";
  if (mode === "" || mode === "build") return false;
  if (mode === "official") return true;
  throw new Error(`HARDWAY_TOOLS is "${mode}"; it may be "official", "build" or unset`);
}

/** Kubernetes and etcd are built in either case: the local cloud's machines reach no official mirror. */
export function builtHere(target: Target): boolean {
  return target.destination.startsWith("mirror/") || !isOfficial();
}

/** Throws when the official engine is asked for and is not there, or of another major version. */
export async function assertOfficial(): Promise<void> {
  if (!isOfficial()) return;
  const version = await promisify(execFile)("pulumi", ["version"]).then(
    ({ stdout }) => stdout.trim(),
    (error: Error) => {
      throw new Error(`HARDWAY_TOOLS=official, and "pulumi version" fails: ${error.message}`);
    },
  );
  if (!version.startsWith("v3."))
    throw new Error(`HARDWAY_TOOLS=official needs pulumi v3 on PATH; there is ${version}`);
}
