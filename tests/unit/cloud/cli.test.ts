import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { formatLog } from "../../../local/cloud/cli/logs";
import { daemonPid, end, writePid } from "../../../local/cloud/cli/process";
import { requireRoot } from "../../../local/cloud/cli/root";
import { files, imageDir, locks, mirrorDir, stateDir } from "../../../local/cloud/paths";

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "cli-test-"));
afterAll(() => fs.rmSync(dir, { recursive: true }));

const root = path.join(__dirname, "../../..");
const run = (...args: string[]) =>
  new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const cli = ["--import", "tsx", "local/cloud/cli.ts", ...args];
    const child = execFile(process.execPath, cli, { cwd: root }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

test("--help names every command", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const command of ["start", "stop", "status", "logs", "--keep", "--follow"]) expect(stdout).toContain(command);
});

test.each([[["explode"]], [[]], [["start", "twice"]], [["--no-such-flag"]]])(
  "%j is refused in one clear message",
  async (args) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).not.toContain("    at ");
    expect(stderr.length).toBeGreaterThan(10);
  },
);

test("a command that needs root says so to other users", () => {
  const getuid = jest.spyOn(process, "getuid" as never).mockReturnValue(1000 as never);
  expect(() => requireRoot("start")).toThrow(/`start`.*root.*sudo/);
  getuid.mockReturnValue(0 as never);
  expect(() => requireRoot("start")).not.toThrow();
  getuid.mockRestore();
});

test("the directories are below the XDG directories", () => {
  const { XDG_STATE_HOME, XDG_CACHE_HOME } = process.env;
  process.env.XDG_STATE_HOME = "/s";
  process.env.XDG_CACHE_HOME = "/c";
  expect([stateDir(), mirrorDir(), imageDir()]).toEqual(["/s/hardway/cloud", "/c/hardway/mirror", "/c/hardway/image"]);
  delete process.env.XDG_STATE_HOME;
  expect(stateDir()).toBe(path.join(os.homedir(), ".local/state/hardway/cloud"));
  process.env.XDG_STATE_HOME = XDG_STATE_HOME;
  process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
  if (XDG_STATE_HOME === undefined) delete process.env.XDG_STATE_HOME;
  if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
});

test("the locks do not depend on the state directory", () => {
  expect(Object.values(locks).map((file) => path.dirname(file))).toEqual(["/run", "/run"]);
});

test("the pid file counts only while the process that wrote it runs", () => {
  expect(daemonPid(dir)).toBeUndefined();
  writePid(dir);
  expect(daemonPid(dir)).toBe(process.pid);
  expect(fs.statSync(files.pid(dir)).mode & 0o777).toBe(0o600);
  for (const text of ["", "nonsense", `${process.pid}`, `${process.pid} 1`, "999999999 1"]) {
    fs.writeFileSync(files.pid(dir), text);
    expect(daemonPid(dir)).toBeUndefined();
  }
});

test("a process is ended by SIGTERM, and ending one that has ended succeeds", async () => {
  const child = spawn("sleep", ["1000"]);
  const exit = once(child, "exit");
  await end(child.pid!);
  expect((await exit)[1]).toBe("SIGTERM");
  await end(child.pid!);
});

test("log lines are formatted for people", () => {
  const line = JSON.stringify({
    level: 50,
    time: 0,
    pid: 1,
    hostname: "h",
    msg: "failed",
    type: "insert",
    err: { stack: "Error: x\n  at y" },
  });
  expect(formatLog(line)).toBe("1970-01-01T00:00:00.000Z error failed type=insert\n  Error: x\n  at y");
  expect(formatLog("plain text")).toBe("plain text");
});
