import * as fs from "node:fs";
import * as path from "node:path";
import { replaceFile } from "../../../local/cloud/state/file";
import { Store } from "../../../local/cloud/state/store";
import { GLOBAL, instanceBody, Json, REGION, TestCloud, ZONE } from "./harness";

let cloud: TestCloud;
afterEach(() => cloud.end());

/** Ends the daemon as `kill -9` does, and starts the next one with the same file and the same machines. */
async function restart(): Promise<void> {
  const { dir, fabric } = cloud;
  await cloud.stop();
  fabric.before = () => undefined;
  fabric.calls.length = 0;
  cloud = await TestCloud.start({ dir, fabric });
}

/** Makes the fabric wait at a call until `release` is called. */
function holdAt(name: string): { reached: Promise<void>; release: () => void } {
  let arrive!: () => void;
  let release!: () => void;
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const gate = new Promise<void>((resolve) => (release = resolve));
  cloud.fabric.before = async (call) => {
    if (!call.startsWith(name)) return;
    arrive();
    await gate;
  };
  return { reached, release };
}

const pathOf = (operation: Json) => new URL(operation.selfLink).pathname;

test("everything survives a restart; running machines are left alone", async () => {
  cloud = await TestCloud.start();
  await cloud.network();
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const before = (await cloud.get(`${ZONE}/instances/controller-0`)).body;
  await restart();
  expect((await cloud.get(`${ZONE}/instances/controller-0`)).body).toEqual(before);
  expect(cloud.fabric.calls.filter((call) => call !== "converge")).toEqual([]);
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("next"));
  expect((await cloud.get(`${ZONE}/instances/next`)).body.networkInterfaces[0].networkIP).toBe("10.240.0.3");
});

test.each(["converge", "boot"])(
  "an insert that was interrupted at %s is completed by the next daemon",
  async (step) => {
    cloud = await TestCloud.start();
    await cloud.network();
    const { reached, release } = holdAt(step);
    const { body: operation } = await cloud.call("POST", `${ZONE}/instances`, instanceBody());
    expect(operation.status).toBe("RUNNING");
    await reached;
    const { fabric } = cloud;
    const file = path.join(cloud.dir, "state.json");
    const written = fs.readFileSync(file);
    // The old daemon counts as dead from here on.
    fabric.before = () => undefined;
    const halfway = cloud;
    cloud = await TestCloud.start({ dir: copyOf(written) });
    const done = (await cloud.get(pathOf(operation))).body;
    expect(done).toMatchObject({ status: "DONE", operationType: "insert" });
    expect(done.error).toBeUndefined();
    expect((await cloud.get(`${ZONE}/instances/controller-0`)).body.status).toBe("RUNNING");
    expect(cloud.fabric.machines).toEqual(new Set([1]));
    release();
    await halfway.end();
  },
);

function copyOf(state: Buffer): string {
  const dir = fs.mkdtempSync(path.join(fs.realpathSync("/tmp"), "cloud-test-"));
  fs.writeFileSync(path.join(dir, "state.json"), state);
  return dir;
}

test.each(["stop", "delete"])("a %s that was interrupted is completed by the next daemon", async (verb) => {
  cloud = await TestCloud.start();
  await cloud.network();
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const { reached, release } = holdAt("halt");
  const url = `${ZONE}/instances/controller-0`;
  const { body: operation } = await (verb === "stop" ? cloud.call("POST", `${url}/stop`) : cloud.call("DELETE", url));
  await reached;
  const halfway = cloud;
  cloud = await TestCloud.start({ dir: copyOf(fs.readFileSync(path.join(cloud.dir, "state.json"))) });
  cloud.fabric.machines.add(1);
  expect((await cloud.get(pathOf(operation))).body).toMatchObject({ status: "DONE" });
  const { status, body } = await cloud.get(url);
  expect([status, body.status]).toEqual(verb === "stop" ? [200, "TERMINATED"] : [404, undefined]);
  release();
  await halfway.end();
});

test("after a restart of the host, instances with automaticRestart boot again", async () => {
  cloud = await TestCloud.start();
  await cloud.network();
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("yes"));
  await cloud.change("POST", `${ZONE}/instances`, { ...instanceBody("no"), scheduling: { automaticRestart: false } });
  await cloud.change("POST", `${ZONE}/instances`, instanceBody("off"));
  await cloud.change("POST", `${ZONE}/instances/off/stop`);
  cloud.fabric.machines.clear();
  await restart();
  const { items } = (await cloud.get(`${ZONE}/operations?filter=operationType=compute.instances.automaticRestart`))
    .body;
  await cloud.get(pathOf(items[0]));
  const statuses = (await cloud.get(`${ZONE}/instances`)).body.items.map((one: Json) => [one.name, one.status]);
  expect(Object.fromEntries(statuses)).toEqual({ yes: "RUNNING", no: "TERMINATED", off: "TERMINATED" });
  expect(cloud.fabric.machines).toEqual(new Set([1]));
});

test("a machine without an instance is erased", async () => {
  cloud = await TestCloud.start();
  cloud.fabric.machines.add(7);
  await restart();
  expect(cloud.fabric.calls).toContain("erase 7");
});

test("a request for an operation is answered as soon as the operation is done", async () => {
  cloud = await TestCloud.start();
  await cloud.network();
  const { reached, release } = holdAt("boot");
  const { body: operation } = await cloud.call("POST", `${ZONE}/instances`, instanceBody());
  await reached;
  let answered = false;
  const answer = cloud.get(pathOf(operation)).then((one) => {
    answered = true;
    return one;
  });
  expect((await cloud.get(`${ZONE}/instances/controller-0`)).body.status).toBe("STAGING");
  const listed = (await cloud.get(`${ZONE}/operations?filter=name=${operation.name}`)).body.items[0];
  expect(listed).toMatchObject({ status: "RUNNING", progress: 0 });
  expect(answered).toBe(false);
  release();
  expect((await answer).body).toMatchObject({ status: "DONE", progress: 100, endTime: expect.any(String) });
});

test("an instance that is starting refuses another start, stop or reset", async () => {
  cloud = await TestCloud.start();
  await cloud.network();
  const { reached, release } = holdAt("boot");
  const { body: operation } = await cloud.call("POST", `${ZONE}/instances`, instanceBody());
  await reached;
  for (const verb of ["start", "stop", "reset"]) {
    const { status, body } = await cloud.call("POST", `${ZONE}/instances/controller-0/${verb}`);
    expect([status, body.error.errors[0].reason]).toEqual([400, "resourceNotReady"]);
  }
  // A delete is accepted, and carried out afterwards.
  const { body: deletion } = await cloud.call("DELETE", `${ZONE}/instances/controller-0`);
  release();
  await cloud.get(pathOf(operation));
  expect((await cloud.get(pathOf(deletion))).body.error).toBeUndefined();
  expect((await cloud.get(`${ZONE}/instances/controller-0`)).status).toBe(404);
  expect(cloud.fabric.machines.size).toBe(0);
});

test("when the fabric fails, the operation ends with an error, and an insert leaves nothing", async () => {
  cloud = await TestCloud.start();
  cloud.fabric.before = (call) => {
    if (call === "converge") throw new Error("nft: out of order");
  };
  const operation = await cloud.change("POST", `${GLOBAL}/networks`, { name: "net", autoCreateSubnetworks: false });
  expect(operation).toMatchObject({
    httpErrorStatusCode: 500,
    error: { errors: [{ code: "INTERNAL_ERROR", message: "Internal error: nft: out of order" }] },
  });
  expect((await cloud.get(`${GLOBAL}/networks/net`)).status).toBe(404);
  await cloud.change("POST", `${GLOBAL}/networks`, { name: "auto", autoCreateSubnetworks: true });
  expect((await cloud.get(`${REGION}/subnetworks`)).body.items).toBeUndefined();
});

describe("a full disk", () => {
  let full = false;
  const write: typeof replaceFile = async (file, text) => {
    if (full) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    await replaceFile(file, text);
  };
  beforeEach(async () => {
    full = false;
    cloud = await TestCloud.start({ write });
    await cloud.network();
    await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  });

  test("makes the API refuse changes in Google's form, and changes nothing", async () => {
    const before = fs.readFileSync(path.join(cloud.dir, "state.json"), "utf8");
    full = true;
    const { status, body } = await cloud.call("POST", `${REGION}/addresses`, { name: "front" });
    expect(status).toBe(503);
    expect(body.error.errors[0]).toMatchObject({
      reason: "backendError",
      message: expect.stringContaining("no space left"),
    });
    expect((await cloud.get(`${REGION}/addresses/front`)).status).toBe(404);
    expect(fs.readFileSync(path.join(cloud.dir, "state.json"), "utf8")).toBe(before);
    full = false;
    await cloud.change("POST", `${REGION}/addresses`, { name: "front" });
    expect((await cloud.get(`${REGION}/addresses/front`)).status).toBe(200);
  });

  test("does not hide what happens to machines", async () => {
    const { reached, release } = holdAt("halt");
    const { body: operation } = await cloud.call("POST", `${ZONE}/instances/controller-0/stop`);
    await reached;
    full = true;
    release();
    expect((await cloud.get(pathOf(operation))).body).toMatchObject({ status: "DONE" });
    expect((await cloud.get(`${ZONE}/instances/controller-0`)).body.status).toBe("TERMINATED");
    full = false;
    await cloud.change("POST", `${REGION}/addresses`, { name: "front" });
    const written = JSON.parse(fs.readFileSync(path.join(cloud.dir, "state.json"), "utf8"));
    expect(Object.values<Json>(written.instances)[0].status).toBe("TERMINATED");
  });
});

test.each([
  ["{", "is not JSON"],
  ['{"version": 9}', "has version 9"],
])("a state file with %s stops the start with a message that says what to do", async (text, message) => {
  cloud = await TestCloud.start();
  const file = path.join(cloud.dir, "bad.json");
  fs.writeFileSync(file, text);
  await expect(Store.open(file)).rejects.toThrow(message);
  await expect(Store.open(file)).rejects.toThrow(/bad\.json.*`stop`/);
});

test("only the owner can read the state file", async () => {
  cloud = await TestCloud.start();
  await cloud.network();
  expect(fs.statSync(path.join(cloud.dir, "state.json")).mode & 0o777).toBe(0o600);
});

test("a daemon that has ended does not write, even if some of its work goes on", async () => {
  cloud = await TestCloud.start();
  const ended = await TestCloud.start();
  const { store, dir } = ended;
  await ended.stop();
  const before = fs.readdirSync(dir);
  void store.record(() => undefined).then(() => fs.writeFileSync(path.join(dir, "answered"), ""));
  await store.settle();
  await new Promise((resolve) => setImmediate(resolve));
  expect(fs.readdirSync(dir)).toEqual(before);
  fs.rmSync(dir, { recursive: true });
});
