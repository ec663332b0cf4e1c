import { execFile } from "node:child_process";
import * as path from "node:path";
import { TOOLS } from "./pinned";

/** The oldest Go version that the pinned modules accept. */
const MINIMUM = [1, 26] as const;

const WAY_OUT = "install it (https://go.dev/dl)";

/** The Go installation in use. */
export interface Go {
  version: string;
  buildCache: string;
  moduleCache: string;
}

/** Asks the `go` command on PATH about its installation. Throws when there is none or it is too old. */
export async function findGo(): Promise<Go> {
  const wanted = `building the tools needs Go ${MINIMUM.join(".")} or newer on PATH`;
  const output = await runGo(".", ["env", "GOVERSION", "GOCACHE", "GOMODCACHE"]).catch((error: Error) => {
    throw new Error(/ENOENT/.test(error.message) ? `${wanted}, but there is no go command; ${WAY_OUT}` : error.message);
  });
  const [version = "", buildCache = "", moduleCache = ""] = output.split("\n");
  if (!isNewEnough(version)) throw new Error(`${wanted}, but ${version || "an unknown version"} is there; ${WAY_OUT}`);
  return { version, buildCache, moduleCache };
}

/** Whether `version` is at least {@link MINIMUM}, written as Go prints it: "go1.26.8", "go1.27rc1", "devel go1.28-abc". */
export function isNewEnough(version: string): boolean {
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(version) ?? [];
  if (!major || !minor) return false;
  return Number(major) > MINIMUM[0] || (Number(major) === MINIMUM[0] && Number(minor) >= MINIMUM[1]);
}

/**
 * Runs go in a directory below local/tools and resolves with its output. Rejects with the end of its error output. The
 * user's proxy settings and GOFLAGS apply; variables that would make the result differ from machine to machine do not. C code is compiled with `cgo` only.
 */
export async function runGo(
  directory: string,
  args: string[],
  { signal, scratch, cgo = false }: { signal?: AbortSignal; scratch?: string; cgo?: boolean } = {},
): Promise<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, GOTOOLCHAIN: "local", GOWORK: "off", CGO_ENABLED: cgo ? "1" : "0" };
  if (scratch) env.GOTMPDIR = scratch; // an interrupted go does not remove its temporary files
  for (const name of ["GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GODEBUG"]) delete env[name];
  const options = { cwd: path.join(TOOLS, directory), env, maxBuffer: 64 << 20 };
  return new Promise((resolve, reject) => {
    const child = execFile("go", args, options, (error, stdout, stderr) => {
      signal?.removeEventListener("abort", interrupt);
      if (signal?.aborted) return reject(signal.reason as Error);
      if (!error) return resolve(stdout);
      const lines = stderr.split("\n").filter((line) => line && !line.startsWith("go: downloading"));
      reject(new Error(lines.slice(-20).join("\n") || error.message, { cause: error }));
    });
    const interrupt = () => void child.kill("SIGINT");
    signal?.addEventListener("abort", interrupt, { once: true });
  });
}
