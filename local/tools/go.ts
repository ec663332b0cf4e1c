import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { TOOLS } from "./pinned";

/** The oldest Go that the pinned modules accept. */
const MINIMUM = [1, 26] as const;

/** The Go installation in use. */
export interface Go {
  version: string;
  buildCache: string;
  moduleCache: string;
}

/** Asks the `go` on PATH about itself. Throws when there is none, or one that is too old. */
export async function findGo(): Promise<Go> {
  const wanted = `building the tools needs Go ${MINIMUM.join(".")} or newer on PATH`;
  const output = await runGo("engine", ["env", "GOVERSION", "GOCACHE", "GOMODCACHE"]).catch((error: Error) => {
    throw new Error(/ENOENT/.test(error.message) ? `${wanted}, and there is no go command` : error.message);
  });
  const [version = "", buildCache = "", moduleCache = ""] = output.split("\n");
  if (!isNewEnough(version)) throw new Error(`${wanted}, and it is ${version}`);
  return { version, buildCache, moduleCache };
}

/** `version` as Go prints it: "go1.26.8", "go1.27rc1", "devel go1.28-abc". */
export function isNewEnough(version: string): boolean {
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(version) ?? [];
  if (!major || !minor) return false;
  return Number(major) > MINIMUM[0] || (Number(major) === MINIMUM[0] && Number(minor) >= MINIMUM[1]);
}

/**
 * Runs go in a directory of local/tools and gives what it printed. Rejects with the end of its error output.
 * The user's proxy settings and GOFLAGS hold; what would change the result for this machine does not.
 */
export async function runGo(directory: string, args: string[], signal?: AbortSignal): Promise<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, GOTOOLCHAIN: "local", GOWORK: "off", CGO_ENABLED: "0" };
  for (const name of ["GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GODEBUG"]) delete env[name];
  try {
    // An interrupted go takes its temporary files away; a terminated one leaves them.
    const options = {
      cwd: path.join(TOOLS, directory),
      env,
      signal,
      killSignal: "SIGINT" as const,
      maxBuffer: 64 << 20,
    };
    return (await promisify(execFile)("go", args, options)).stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const tail = (stderr ?? "").split("\n").filter((line) => line && !line.startsWith("go: downloading"));
    throw new Error(tail.slice(-20).join("\n") || message, { cause: error });
  }
}
