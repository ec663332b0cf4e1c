import { spawn } from "child_process";
import { join } from "path";
import { createInterface } from "readline";
import { COMMON_FLAGS } from "../local/tools/build";
import { toolPaths } from "../local/tools";
import { projectDirectory } from "../tasks/directories";

/** What `go test -json` says, a line an event. */
interface Event {
  Action: string;
  Package?: string;
  Test?: string;
  Output?: string;
}

/**
 * Runs a Go module's tests, compiled as the tools are so that nothing is compiled twice, and counts them. Prints what a
 * failing one said. A package that does not compile counts as one failure.
 */
export function goTests(
  module: string,
  packages: string,
  ...flags: string[]
): Promise<{ passed: number; failed: number }> {
  console.log(`\n== Go tests of ${module}`);
  const child = spawn("go", ["test", "-json", ...COMMON_FLAGS, ...flags, packages], {
    cwd: join(projectDirectory, module),
    env: { ...process.env, GOTOOLCHAIN: "local", GOWORK: "off", CGO_ENABLED: "0", HARDWAY_MIRROR: toolPaths().mirror },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const counts = { passed: 0, failed: 0 };
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
