import { spawn } from "child_process";
import { once } from "events";
import { existsSync, mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { API_PORT } from "../../local/cloud/addresses";
import { stop } from "../../local/cloud/cli/stop";
import { edgeCommand } from "../../local/cloud/fabric/index";
import { EDGE } from "../../local/cloud/fabric/names";
import { capture, output } from "../../lib/process";
import { refuseIfInUse } from "./fabric/host";
import { checkout, make } from "./support";

/** Obstacles on this host, which make up must report before it makes anything. No local cloud may run. */

const scratch = mkdtempSync(join(tmpdir(), "hardway-host-"));
beforeAll(refuseIfInUse);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a make up that must fail and leave nothing in the state directory. Returns its standard error. */
async function refused(state = scratch): Promise<string> {
  const { code, stderr } = await make("up", { XDG_STATE_HOME: state });
  expect({ code, left: existsSync(join(state, "hardway")) }).toEqual({ code: 2, left: false });
  expect(stderr).not.toMatch(/^ +at /m);
  return stderr;
}

test("make up refuses a host on which a link has the local cloud's addresses", async () => {
  await output("ip", ["link", "add", "hardway-test", "type", "veth", "peer", "hardway-test-2"]);
  try {
    await output("ip", ["address", "add", "203.0.113.7/24", "dev", "hardway-test"]);
    await output("ip", ["link", "set", "hardway-test", "up"]);
    const said = await refused();
    expect(said).toMatch(/uses 203\.0\.113\.0\/24 on hardway-test, and the local cloud needs .*`ip route del 203/);
  } finally {
    await output("ip", ["link", "del", "hardway-test"]);
  }
});

test("make up refuses a host without space for the machines' disks", async () => {
  await output("mount", ["-t", "tmpfs", "-o", "size=8m", "hardway-test", scratch]);
  try {
    expect(await refused()).toMatch(/cloud has 8 MB free, and the machines' disks may need \d+ MB: .*XDG_STATE_HOME/);
  } finally {
    await output("umount", [scratch]);
  }
});

test("the local cloud reports another process that listens on its API's port", async () => {
  await output("ip", ["netns", "add", EDGE]);
  const [program, ...args] = edgeCommand([
    process.execPath,
    "-e",
    `require("net").createServer().listen(${API_PORT}, () => console.log("listening"))`,
  ]);
  const other = spawn(program!, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(other.stdout, "data");
    const start = await capture(process.execPath, ["--import", "tsx", "local/cloud/cli.ts", "start"], {
      cwd: checkout,
      env: process.env,
    });
    expect(start.code).toBe(1);
    expect(start.stderr).toMatch(
      /cannot listen on 203\S+:8080: .* taken: \S*:8080 by .*"node",pid=\d+.*End that process/,
    );
  } finally {
    other.kill();
    await stop({ keep: false });
  }
}, 300_000);
