/**
 * The whole local cloud, by requests to its API: the daemon with the real fabric, on a disk that the tests can fill.
 * Has the same requirements as `fabric.test.ts`.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { callApi, type ApiAnswer } from "../../local/cloud/client";
import { daemonPid } from "../../local/cloud/cli/process";
import { namespaces } from "../../local/cloud/fabric/namespaces";
import { eventually, exec, inside } from "./fabric/harness";
import { refuseIfInUse } from "./fabric/host";
import { traces } from "./fabric/traces";
import { checkout } from "./support";

const PROJECT = "/compute/v1/projects/test";
const ZONE = `${PROJECT}/zones/us-central1-a`;
const REGION = `${PROJECT}/regions/us-central1`;

const directory = mkdtempSync(join(process.env.HARDWAY_TEST_DIR ?? "/var/tmp", "hardway-daemon-"));
/** A separate file system, a little larger than the space that a local cloud needs to start. */
const disk = join(directory, "hardway");
const stateDir = join(disk, "cloud");

async function cli(command: string): Promise<void> {
  const env = ["env", `XDG_STATE_HOME=${directory}`, process.execPath, "--import", "tsx"];
  const { status, output } = await exec([...env, join(checkout, "local/cloud/cli.ts"), command], 60_000);
  if (status !== 0) throw new Error(output);
}

/** Kills the daemon and starts the next one. */
async function restart(): Promise<void> {
  const pid = daemonPid(stateDir)!;
  process.kill(pid, "SIGKILL");
  await eventually(
    () => Promise.resolve(daemonPid(stateDir)),
    (living) => living === undefined,
  );
  await cli("start");
}

interface Body {
  kind: string;
  selfLink: string;
  status: string;
  items: { name: string }[];
  error?: { errors: object[] };
}
type Answer = ApiAnswer<Body>;

const send = (method: string, path: string, body?: object) => callApi<Body>(method, path, body);

/** The finished operation. */
const outcome = async ({ body }: Answer) => (await send("GET", new URL(body.selfLink).pathname)).body;
const change = async (method: string, path: string, body?: object) => outcome(await send(method, path, body));

const network = { name: "net", autoCreateSubnetworks: true };
const firewall = (name: string) => ({ name, network: "global/networks/net", allowed: [{ IPProtocol: "tcp" }] });
const instance = {
  name: "one",
  machineType: "zones/us-central1-a/machineTypes/e2-small",
  disks: [
    {
      boot: true,
      autoDelete: true,
      initializeParams: { sourceImage: "projects/debian-cloud/global/images/family/debian-12" },
    },
  ],
  networkInterfaces: [{ network: "global/networks/net" }],
};
const machine = (script: string) => inside(stateDir, 1, script);

jest.setTimeout(120_000);

describe("the daemon", () => {
  let before: Awaited<ReturnType<typeof traces>>;
  beforeAll(async () => {
    refuseIfInUse();
    before = await traces();
    mkdirSync(disk);
    await exec(["mount", "-t", "tmpfs", "-o", "size=1200m,mode=0700", "hardway-test", disk]);
    await cli("start");
    await change("POST", `${PROJECT}/global/networks`, network);
  });
  const end = async () => {
    await cli("stop");
    await exec(["umount", disk]);
  };
  afterAll(async () => {
    await end();
    rmSync(directory, { recursive: true, force: true });
  });

  it("answers 200 requests at once, and makes the rules that it accepted", async () => {
    const names = Array.from({ length: 50 }, (_, index) => `rule-${index}`);
    const answers = await Promise.all(
      names.flatMap((name) => [
        send("POST", `${PROJECT}/global/firewalls`, firewall(name)).then(outcome),
        send("POST", `${PROJECT}/global/networks`, network),
        send("GET", `${PROJECT}/global/firewalls`),
        send("POST", `${ZONE}/instances`, { name }),
      ]),
    );
    const codes = answers.map((answer) => (answer.status === "DONE" ? "DONE" : String(answer.status)));
    const count = (code: string) => codes.filter((one) => one === code).length;
    expect([count("DONE"), count("409"), count("200"), count("400")]).toEqual([50, 50, 50, 50]);
    const { output } = await exec([
      "nsenter",
      "--net=/run/netns/hw-net-1",
      "nft",
      "list",
      "chain",
      "ip",
      "router",
      "ingress",
    ]);
    expect(names.filter((name) => !output.includes(`"${name}"`))).toEqual([]);
  });

  it("completes an insert that was interrupted by SIGKILL", async () => {
    const accepted = await send("POST", `${ZONE}/instances`, instance);
    expect(accepted.body.status).toBe("RUNNING");
    await restart();
    const { status, error } = await outcome(accepted);
    expect([status, error]).toEqual(["DONE", undefined]);
    expect((await send("GET", `${ZONE}/instances/one`)).body.status).toBe("RUNNING");
    await eventually(
      () => machine("systemctl is-active ssh"),
      ({ output }) => output === "active",
    );
  });

  it("refuses changes while the disk is full, goes on with its machine, and recovers", async () => {
    const filler = join(disk, "filler");
    const state = readFileSync(join(stateDir, "state.json"));
    await exec(["dd", "if=/dev/zero", `of=${filler}`, "bs=64k"]);
    const { status, body } = await send("POST", `${REGION}/addresses`, { name: "front" });
    expect([status, body.error!.errors]).toEqual([
      503,
      [{ domain: "global", reason: "backendError", message: expect.stringContaining("ENOSPC") as string }],
    ]);
    expect((await machine("dd if=/dev/zero of=/var/more bs=64k count=64")).output).toContain("No space left on device");
    expect((await machine("systemctl is-active ssh")).output).toBe("active");
    expect((await send("GET", `${REGION}/addresses/front`)).status).toBe(404);
    expect(readFileSync(join(stateDir, "state.json"))).toEqual(state);
    rmSync(filler);
    expect((await change("POST", `${REGION}/addresses`, { name: "front" })).error).toBeUndefined();
    await restart();
    expect((await send("GET", `${REGION}/addresses/front`)).status).toBe(200);
    expect((await send("GET", `${ZONE}/instances/one`)).body.status).toBe("RUNNING");
  });

  it("completes a delete that was interrupted by SIGKILL", async () => {
    const accepted = await send("DELETE", `${ZONE}/instances/one`);
    expect(accepted.body.status).toBe("RUNNING");
    await restart();
    expect((await outcome(accepted)).error).toBeUndefined();
    expect((await send("GET", `${ZONE}/instances/one`)).status).toBe(404);
    expect(namespaces()).not.toContain("hw-vm-1");
  });

  it("leaves nothing on the host", async () => {
    await end();
    expect(await traces()).toEqual(before);
  });
});
