import { instanceBody, Json, REGION, TestCloud, ZONE } from "../harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
  await cloud.network();
});
afterEach(() => cloud.end());

const get = async (name = "controller-0"): Promise<Json> => (await cloud.get(`${ZONE}/instances/${name}`)).body;

test("stop releases the ephemeral address, start assigns one, and the internal address stays", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  await cloud.change("POST", `${ZONE}/instances/controller-0/stop`);
  const stopped = await get();
  expect(stopped.status).toBe("TERMINATED");
  expect(stopped.networkInterfaces[0].accessConfigs[0].natIP).toBeUndefined();
  expect(cloud.fabric.machines.size).toBe(0);
  expect(cloud.fabric.converged.machines[0]).toMatchObject({ internalIp: "10.240.0.2", externalIp: undefined });
  await cloud.change("POST", `${ZONE}/instances/controller-0/start`);
  expect((await get()).networkInterfaces[0]).toMatchObject({
    networkIP: "10.240.0.2",
    accessConfigs: [{ natIP: "203.0.113.128" }],
  });
  expect(cloud.fabric.machines).toEqual(new Set([1]));
});

test("a stopped instance keeps a reserved external address", async () => {
  await cloud.change("POST", `${REGION}/addresses`, { name: "front" });
  const body = instanceBody();
  body.networkInterfaces[0].accessConfigs = [{ natIP: "203.0.113.128" }];
  await cloud.change("POST", `${ZONE}/instances`, body);
  await cloud.change("POST", `${ZONE}/instances/controller-0/stop`);
  expect((await get()).networkInterfaces[0].accessConfigs[0].natIP).toBe("203.0.113.128");
});

test("reset cuts the power and boots, while the instance stays RUNNING", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  await cloud.change("POST", `${ZONE}/instances/controller-0/reset`);
  expect(cloud.fabric.calls.slice(-2)).toEqual(["halt 1 force", "boot 1"]);
  expect((await get()).status).toBe("RUNNING");
});

test("delete shuts the machine down, removes the disk, and frees name, number and addresses", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  await cloud.change("DELETE", `${ZONE}/instances/controller-0`);
  expect(cloud.fabric.calls).toEqual(expect.arrayContaining(["halt 1", "erase 1"]));
  expect((await cloud.get(`${ZONE}/disks/controller-0`)).status).toBe(404);
  expect(cloud.fabric.converged.machines).toEqual([]);
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  expect(cloud.fabric.converged.machines).toMatchObject([{ id: 1, externalIp: "203.0.113.128" }]);
});

test("a disk that is not auto-deleted boots the next instance", async () => {
  const body = instanceBody();
  body.disks[0].autoDelete = false;
  await cloud.change("POST", `${ZONE}/instances`, body);
  await cloud.change("DELETE", `${ZONE}/instances/controller-0`);
  expect(cloud.fabric.calls.filter((call) => call.startsWith("erase"))).toEqual([]);
  const again = instanceBody("again");
  again.disks = [{ boot: true, autoDelete: true, source: "zones/us-central1-a/disks/controller-0" }];
  await cloud.change("POST", `${ZONE}/instances`, again);
  expect(cloud.fabric.converged.machines).toMatchObject([{ id: 1, name: "again" }]);
});

test("an instance whose machine powers off by itself becomes TERMINATED, and can be started", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const changed = new Promise((resolve) => cloud.store.once("change", () => resolve(undefined)));
  cloud.fabric.powerOff(1);
  await changed;
  expect((await get()).status).toBe("TERMINATED");
  expect((await get()).networkInterfaces[0].accessConfigs[0].natIP).toBeUndefined();
  const { body } = await cloud.get(`${ZONE}/operations`);
  expect(body.items.map((one: Json) => one.operationType)).toContain("compute.instances.guestTerminate");
  await cloud.change("POST", `${ZONE}/instances/controller-0/start`);
  expect((await get()).status).toBe("RUNNING");
});
