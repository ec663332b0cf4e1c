import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "fs";
import { createServer, Server } from "net";
import { tmpdir } from "os";
import { join } from "path";
import { agentProblem } from "../../lib/sshAgent";
import { openStack } from "../../tasks/stack";
import { pulumi as runEngine } from "../../tasks/stack/engine";
import { Mocks } from "./mocks";
import { qualified, run, runProgram } from "./run";
import { rawSettings } from "./settings";

const { env } = process;
let scratch: string;
let agent: Server;
let live: string;
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "hardway-agent-"));
  live = join(scratch, "agent");
  agent = createServer();
  await new Promise<void>((resolve) => agent.listen(live, resolve));
});
afterEach(async () => {
  process.env = env;
  jest.restoreAllMocks();
  await new Promise((resolve) => agent.close(resolve));
  rmSync(scratch, { recursive: true });
});

/** A socket that a killed agent left behind. */
function deadSocket(): string {
  writeFileSync(join(scratch, "dead"), "");
  return join(scratch, "dead");
}

test("an agent that answers, and none at all, are no problem", async () => {
  expect(await agentProblem({ SSH_AUTH_SOCK: live })).toBeUndefined();
  expect(await agentProblem({ SSH_AUTH_SOCK: "" })).toBeUndefined();
  expect(await agentProblem({})).toBeUndefined();
});

test("a socket that is gone, or that nobody listens at, is one", async () => {
  expect(await agentProblem({ SSH_AUTH_SOCK: join(scratch, "gone") })).toBe("ENOENT");
  expect(await agentProblem({ SSH_AUTH_SOCK: deadSocket() })).toBe("ECONNREFUSED");
});

test("pulumi up says so before it touches anything; a preview goes on", async () => {
  process.env = { ...env, SSH_AUTH_SOCK: join(scratch, "gone") };
  const settings = {
    ...qualified("hardway", rawSettings({ administratorCidrs: ["20.0.0.0/24"] })),
    "gcp:region": "europe-west1",
  };
  const program = async () => (await import("../../index")).default();
  const mocks = new Mocks();
  await expect(runProgram(mocks, "hardway", settings, program, false)).rejects.toThrow(
    `SSH_AUTH_SOCK is ${scratch}/gone, but no SSH agent answers there (ENOENT); no connection to a machine would work. ` +
      "Run: unset SSH_AUTH_SOCK; nothing was changed",
  );
  const made = ({ registered }: Mocks) => registered.filter(({ type }) => type !== "pulumi:pulumi:Stack");
  expect(made(mocks)).toEqual([]);
  const warn = jest.spyOn(console, "warn").mockImplementation();
  expect(made((await run()).mocks)).not.toEqual([]);
  expect(warn.mock.calls.flat().join()).toContain("no SSH agent answers there (ENOENT); in an update, no connection");
});

test("make leaves a dead agent out of the engine's environment, and a live one in it", async () => {
  mkdirSync(join(scratch, "bin"));
  const program = join(scratch, "bin/pulumi");
  writeFileSync(program, `#!/bin/sh\necho "$SSH_AUTH_SOCK" >>${scratch}/seen\n`);
  chmodSync(program, 0o755);
  process.env = { ...env, XDG_CACHE_HOME: join(scratch, "cache"), PATH: `${scratch}/bin:${env.PATH}` };
  for (const socket of [live, deadSocket(), join(scratch, "gone")]) {
    process.env.SSH_AUTH_SOCK = socket;
    expect(await runEngine(openStack("dev"), "up")).toBe(0);
  }
  expect(readFileSync(join(scratch, "seen"), "utf8")).toBe(`${live}\n\n\n`);
});
