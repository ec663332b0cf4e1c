import { spawn } from "child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { createInterface } from "readline";
import { COMMON_FLAGS, DEFAULTS, toolPaths } from "../local";
import { projectDirectory } from "../lib/directories";
import { capture, output } from "../lib/process";

/** An event of `go test -json`, which prints one on each line. */
interface Event {
  Action: string;
  Package?: string;
  Test?: string;
  Output?: string;
}

export interface Counts {
  passed: number;
  failed: number;
}

/**
 * A directory with links to the default Kubernetes and etcd. The mirror may hold more versions, and the plugins' tests run
 * the first program of a name that they find. Removed when this process ends.
 */
function defaultReleases(): string {
  const { kubectlDir, mirror } = toolPaths();
  const directory = mkdtempSync(join(tmpdir(), "hardway-releases-"));
  process.once("exit", () => rmSync(directory, { recursive: true }));
  for (const release of [kubectlDir, join(mirror, "etcd", `v${DEFAULTS.etcd}`)].filter((path) => existsSync(path))) {
    for (const file of readdirSync(release)) symlinkSync(join(release, file), join(directory, file));
  }
  return directory;
}

let releases: string | undefined;
const environment = () => ({
  ...process.env,
  GOTOOLCHAIN: "local",
  GOWORK: "off",
  CGO_ENABLED: "0",
  HARDWAY_MIRROR: (releases ??= defaultReleases()),
});

/** Checks that all Go files are formatted as gofmt does. */
export async function goFormat(): Promise<Counts> {
  const gofmt = join((await output("go", ["env", "GOROOT"])).trim(), "bin", "gofmt");
  const { code, stdout, stderr } = await capture(gofmt, ["-l", join(projectDirectory, "local")]);
  return verdict("gofmt -l", code === 0 && stdout === "", stdout + stderr);
}

/** Runs all checks of `go vet`, because `go test` would run only a few of them. */
async function goVet(module: string, packages: string, ...flags: string[]): Promise<Counts> {
  const args = ["vet", ...COMMON_FLAGS, ...flags, packages];
  const { code, stderr } = await capture("go", args, { cwd: join(projectDirectory, module), env: environment() });
  return verdict(`go vet in ${module}`, code === 0, stderr);
}

function verdict(what: string, ok: boolean, said: string): Counts {
  console.log(`\n== ${what}: ${ok ? "ok" : `FAILED\n${said}`}`);
  return { passed: Number(ok), failed: Number(!ok) };
}

/**
 * Vets a Go module, runs its tests and counts them. Prints the output of those that fail. A package that does not compile
 * counts as one failure. Uses the flags with which the tools are compiled, so that nothing is compiled twice.
 */
export async function goTests(module: string, packages: string, ...flags: string[]): Promise<Counts> {
  const counts = await goVet(module, packages, ...flags);
  console.log(`\n== Go tests of ${module}`);
  const child = spawn("go", ["test", "-json", "-vet=off", ...COMMON_FLAGS, ...flags, packages], {
    cwd: join(projectDirectory, module),
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = new Map<string, string[]>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = parse(line);
    if (event === undefined) return console.log(line);
    const key = `${event.Package} ${event.Test ?? ""}`;
    if (event.Output !== undefined) said.set(key, [...(said.get(key) ?? []), event.Output]);
    if (event.Test !== undefined && event.Action === "pass") counts.passed += 1;
    if (event.Action === "fail") {
      if (event.Test !== undefined) counts.failed += 1;
      console.log((said.get(key) ?? []).join(""));
    }
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      console.log(`${counts.passed} passed, ${counts.failed} failed in ${module}`);
      resolve(code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts);
    });
  });
}

function parse(line: string): Event | undefined {
  try {
    return JSON.parse(line) as Event;
  } catch {
    return undefined;
  }
}
