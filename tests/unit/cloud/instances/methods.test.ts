import { instanceBody, Json, TestCloud, ZONE } from "../harness";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start();
  await cloud.network();
});
afterEach(() => cloud.end());

const get = async (name = "controller-0"): Promise<Json> => (await cloud.get(`${ZONE}/instances/${name}`)).body;

test.each([
  [
    "setMetadata",
    "metadata",
    (one: Json) => ({ items: [{ key: "a", value: "b" }], fingerprint: one.metadata.fingerprint }),
  ],
  ["setTags", "tags", (one: Json) => ({ items: ["x"], fingerprint: one.tags.fingerprint })],
  ["setLabels", "labels", (one: Json) => ({ labels: { x: "y" }, labelFingerprint: one.labelFingerprint })],
])("%s is refused without the present fingerprint", async (verb, field, body) => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0/${verb}`;
  const wanted = body(await get());
  await cloud.change("POST", url, wanted);
  const after = await get();
  expect(after[field]).toMatchObject(field === "labels" ? { x: "y" } : { items: expect.any(Array) });
  const stale = await cloud.call("POST", url, wanted);
  expect(stale.status).toBe(412);
  expect(stale.body.error.errors[0].reason).toBe("conditionNotMet");
  const without = { ...wanted, fingerprint: undefined, labelFingerprint: undefined };
  expect((await cloud.call("POST", url, without)).status).toBe(412);
});

test("new tags reach the firewall", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const { fingerprint } = (await get()).tags;
  await cloud.change("POST", `${ZONE}/instances/controller-0/setTags`, { items: ["a", "b"], fingerprint });
  expect(cloud.fabric.converged.machines[0]!.tags).toEqual(["a", "b"]);
});

test("the machine type can be changed only on a stopped instance", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0/setMachineType`;
  const body = { machineType: "zones/us-central1-a/machineTypes/n2-standard-4" };
  const refused = await cloud.call("POST", url, body);
  expect(refused.status).toBe(400);
  expect(refused.body.error.errors[0].reason).toBe("resourceNotReady");
  await cloud.change("POST", `${ZONE}/instances/controller-0/stop`);
  await cloud.change("POST", url, body);
  await cloud.change("POST", `${ZONE}/instances/controller-0/start`);
  expect(cloud.fabric.converged.machines[0]).toMatchObject({ cpus: 4, memoryMiB: 16384 });
});

test("access configs can be removed and added", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0`;
  await cloud.change("POST", `${url}/deleteAccessConfig?accessConfig=external-nat&networkInterface=nic0`);
  expect((await get()).networkInterfaces[0].accessConfigs).toBeUndefined();
  expect(cloud.fabric.converged.machines[0]!.externalIp).toBeUndefined();
  await cloud.change("POST", `${url}/addAccessConfig?networkInterface=nic0`, { type: "ONE_TO_ONE_NAT", name: "mine" });
  expect((await get()).networkInterfaces[0].accessConfigs).toMatchObject([{ name: "mine", natIP: "203.0.113.128" }]);
  const second = await cloud.call("POST", `${url}/addAccessConfig?networkInterface=nic0`, {});
  expect(second.body.error.message).toContain("At most one access config");
});

test("deletion protection and auto-delete are set by query parameters", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0`;
  await cloud.change("POST", `${url}/setDeletionProtection?deletionProtection=true`);
  expect((await cloud.call("DELETE", url)).status).toBe(400);
  await cloud.change("POST", `${url}/setDeletionProtection?deletionProtection=false`);
  await cloud.change("POST", `${url}/setDiskAutoDelete?autoDelete=false&deviceName=persistent-disk-0`);
  expect((await get()).disks[0].autoDelete).toBe(false);
});

test("PUT of the whole instance changes the description and canIpForward, and refuses fields that other methods change", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const whole = await get();
  // Google's provider sends the fields of objects in another order.
  whole.networkInterfaces = [Object.fromEntries(Object.entries(whole.networkInterfaces[0]).reverse())];
  await cloud.change("PUT", `${ZONE}/instances/controller-0`, { ...whole, description: "first" });
  expect((await get()).description).toBe("first");
  await cloud.change("PUT", `${ZONE}/instances/controller-0`, { ...(await get()), canIpForward: false });
  expect((await get()).canIpForward).toBe(false);
  const { status, body } = await cloud.call("PUT", `${ZONE}/instances/controller-0`, {
    ...(await get()),
    deletionProtection: true,
  });
  expect(status).toBe(400);
  expect(body.error.message).toContain("deletionProtection");
});

test("guest attributes can be read by path and by key, if the metadata turns them on", async () => {
  await cloud.change("POST", `${ZONE}/instances`, instanceBody());
  const url = `${ZONE}/instances/controller-0/getGuestAttributes`;
  expect((await cloud.get(`${url}?queryPath=hostkeys/`)).status).toBe(404);
  await cloud.store.record((draft) => {
    Object.values(draft.instances)[0]!.guestAttributes = { hostkeys: { "ssh-ed25519": "AAAA" } };
  });
  expect((await cloud.get(`${url}?queryPath=hostkeys/`)).body).toMatchObject({
    queryPath: "hostkeys/",
    queryValue: { items: [{ namespace: "hostkeys", key: "ssh-ed25519", value: "AAAA" }] },
  });
  expect((await cloud.get(`${url}?variableKey=hostkeys/ssh-ed25519`)).body.variableValue).toBe("AAAA");
  const { fingerprint } = (await get()).metadata;
  await cloud.change("POST", `${ZONE}/instances/controller-0/setMetadata`, { fingerprint });
  expect((await cloud.get(`${url}?queryPath=hostkeys/`)).status).toBe(404);
});
