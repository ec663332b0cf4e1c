import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { files, imageDir, stateDir } from "../paths";
import { API_URL } from "../addresses";
import { fetchStatus } from "../client";
import { exclusively } from "./exclusively";
import { formatLog } from "./logs";
import { daemonPid } from "./process";
import { requireRoot } from "./root";

const READY_MS = 60_000;
const POLL_MS = 25;
/** The variables that the daemon gets. It gets no others, because they may contain secrets. */
const ENVIRONMENT = ["PATH", "HOME", "LANG", "TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"];

/** Prints that the local cloud is running, and returns true, if it is. Throws when it has another state directory. */
async function reportRunning(dir: string): Promise<boolean> {
  const status = await fetchStatus();
  if (!status) return false;
  if (status.stateDir !== dir) {
    throw new Error(
      `Another local cloud runs on this host, with its state in ${status.stateDir} (pid ${status.pid}). Stop it first.`,
    );
  }
  console.log(`The local cloud is running (pid ${status.pid}): ${API_URL}/compute/v1/`);
  return true;
}

export async function start(): Promise<void> {
  const dir = stateDir();
  if (await reportRunning(dir)) return;
  requireRoot("start");
  await exclusively(async () => {
    if (await reportRunning(dir)) return;
    await launch(dir);
  });
}

async function launch(dir: string): Promise<void> {
  const began = Date.now();
  const pid = daemonPid(dir);
  if (pid) throw new Error(`The daemon (pid ${pid}) runs but does not answer. Read its \`logs\`, or \`stop\` it.`);
  const { hostProblems, refuseListeners } = await import("./preflight");
  const problems = await hostProblems();
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const log = (line: string) => console.log(line);
  const { ensureHostPackages } = await import("../image/packages");
  const { ensureImage } = await import("../image/build");
  await ensureHostPackages(log);
  await ensureImage(imageDir(), log);
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  fs.chmodSync(dir, 0o700);
  const { setupEdge, edgeCommand } = await import("../fabric/index");
  await setupEdge();
  await refuseListeners();
  await spawnDaemon(dir, edgeCommand);
  console.log(`The local cloud is up after ${((Date.now() - began) / 1000).toFixed(1)} s: ${API_URL}/compute/v1/`);
}

async function spawnDaemon(dir: string, edgeCommand: (command: readonly string[]) => string[]): Promise<void> {
  const logFile = files.log(dir);
  if (fs.existsSync(logFile)) fs.renameSync(logFile, `${logFile}.1`);
  const output = fs.openSync(logFile, "a", 0o600);
  const loader = pathToFileURL(require.resolve("tsx")).href;
  const [program, ...args] = edgeCommand([
    process.execPath,
    // A small young generation saves memory, and the daemon allocates little.
    "--max-semi-space-size=2",
    "--import",
    loader,
    path.join(__dirname, "../daemon.ts"),
    dir,
  ]);
  const env = Object.fromEntries(
    ENVIRONMENT.filter((name) => process.env[name]).map((name) => [name, process.env[name]]),
  );
  const child = spawn(program!, args, { detached: true, cwd: "/", env, stdio: ["ignore", output, output] });
  fs.closeSync(output);
  let ended: string | undefined;
  child.on("error", (error) => (ended = error.message));
  child.on("exit", (code, signal) => (ended ??= `it ended with ${signal ?? `exit code ${code}`}`));
  child.unref();

  const deadline = Date.now() + READY_MS;
  while (!(await fetchStatus(250))) {
    if (ended !== undefined) throw new Error(`The daemon did not start: ${ended}.\n${lastLines(logFile)}`);
    if (Date.now() > deadline)
      throw new Error(`The daemon did not answer within ${READY_MS / 1000} s.\n${lastLines(logFile)}`);
    await pause(POLL_MS);
  }
}

function lastLines(logFile: string): string {
  return fs.readFileSync(logFile, "utf8").trim().split("\n").slice(-15).map(formatLog).join("\n");
}
