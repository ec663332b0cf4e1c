import { cloudId, Deployment, PendingOperation, settle, StateResource } from "../../tasks/stack/pending";
import { run } from "./run";

const STACK_URN = "urn:pulumi:test::hardway::pulumi:pulumi:Stack::hardway-test";
const urn = (type: string, name: string) => `urn:pulumi:test::hardway::${type}::${name}`;
const PROVIDER = urn("pulumi:providers:gcp", "default");

const stack: StateResource = { urn: STACK_URN, type: "pulumi:pulumi:Stack" };
const provider: StateResource = {
  urn: PROVIDER,
  type: "pulumi:providers:gcp",
  id: "1",
  inputs: { project: "p", region: "r" },
};
const resource = (type: string, name: string, rest: Partial<StateResource> = {}): StateResource => ({
  urn: urn(type, name),
  type,
  inputs: { name: `cloud-${name}` },
  provider: `${PROVIDER}::1`,
  parent: STACK_URN,
  dependencies: [],
  ...rest,
});
const network = (rest?: Partial<StateResource>) => resource("gcp:compute/network:Network", "net", rest);
const NETWORK_ID = "projects/p/global/networks/cloud-net";
const step = (rest?: Partial<StateResource>) => resource("command:remote:Command", "step", rest);

const deployment = (
  operations: [PendingOperation["type"], StateResource][],
  ...resources: StateResource[]
): Deployment => ({
  resources: [stack, provider, ...resources],
  pending_operations: operations.map(([type, pending]) => ({ type, resource: pending })),
});
const names = (settled: { urn: string }[]) => settled.map((r) => r.urn.split("::").pop());

test("every resource of Compute Engine in the program has an id that its inputs give", async () => {
  const { mocks } = await run();
  const ids = mocks.registered
    .filter(({ type }) => type.startsWith("gcp:"))
    .map(({ type, name, inputs }) => cloudId({ urn: name, type, inputs }, { project: "p" }));
  expect(ids.length).toBeGreaterThan(10);
  for (const id of ids)
    expect(id).toMatch(/^projects\/p\/(global|(regions|zones)\/[a-z0-9-]+)\/[a-zA-Z]+\/[a-z0-9-]+$/);
});

test("ids have the project, region and zone of the resource, and else of its provider", () => {
  const address = (inputs: Record<string, unknown>) =>
    cloudId({ urn: "", type: "gcp:compute/address:Address", inputs }, { project: "p", region: "r" });
  expect(address({ name: "a" })).toBe("projects/p/regions/r/addresses/a");
  expect(address({ name: "a", project: "q", region: "s" })).toBe("projects/q/regions/s/addresses/a");
});

test("a resource of the cloud that was being made goes into the state with its id", () => {
  const { deployment: after, candidates } = settle(deployment([["creating", network()]]));
  expect(candidates).toEqual([{ ...network(), id: NETWORK_ID, outputs: {} }]);
  expect(after.resources).toEqual([stack, provider, ...candidates]);
  expect(after.pending_operations).toEqual([]);
});

test("what is safe to make again is forgotten: steps, keys and objects of Kubernetes", () => {
  const key = resource("tls:index/privateKey:PrivateKey", "key");
  const role = resource("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "role");
  const { deployment: after, candidates } = settle(
    deployment([
      ["creating", step()],
      ["creating", key],
      ["creating", role],
    ]),
  );
  expect(candidates).toEqual([]);
  expect(after).toEqual({ resources: [stack, provider], pending_operations: [] });
});

test("a resource that the state already has is not taken twice", () => {
  const made = network({ id: NETWORK_ID, outputs: { id: NETWORK_ID } });
  const { deployment: after, candidates } = settle(deployment([["creating", network()]], made));
  expect(candidates).toEqual([]);
  expect(after.resources).toEqual([stack, provider, made]);
  const twice = settle(
    deployment([
      ["creating", network()],
      ["creating", network()],
    ]),
  );
  expect(names(twice.candidates)).toEqual(["net"]);
});

test("the successor of a replaced resource takes its place, before what depends on it", () => {
  const old = network({ id: NETWORK_ID, outputs: { id: NETWORK_ID }, pendingReplacement: true });
  const subnet = resource("gcp:compute/subnetwork:Subnetwork", "sub", {
    dependencies: [old.urn],
    outputs: { id: "x" },
  });
  const { deployment: after } = settle(deployment([["creating", network()]], old, subnet));
  expect(after.resources).toEqual([stack, provider, { ...network(), id: NETWORK_ID, outputs: {} }, subnet]);
});

test("a resource whose dependency is not in the state is forgotten, because the engine would refuse the state", () => {
  const orphan = network({ dependencies: [urn("x", "missing")] });
  expect(settle(deployment([["creating", orphan]])).candidates).toEqual([]);
});

test("a resource that an earlier look did not find is looked for again", () => {
  expect(names(settle(deployment([]), [network()]).candidates)).toEqual(["net"]);
});

test("a step whose update was interrupted runs again, whatever its inputs are", () => {
  const inputs = { create: "c", stdin: "s" };
  const { deployment: after, changed } = settle(
    deployment([["updating", step()]], step({ inputs, outputs: { ...inputs, stdout: "" } })),
  );
  expect(after.resources!.at(-1)).toMatchObject({ inputs: { create: "c" }, outputs: { create: "c", stdout: "" } });
  expect(JSON.stringify(after.resources!.at(-1))).not.toContain("stdin");
  expect(changed).toEqual([]);
});

test("resources of the cloud whose change or deletion was interrupted are refreshed, and those that no refresh has read yet", () => {
  const made = network({ id: NETWORK_ID, outputs: { id: NETWORK_ID } });
  for (const type of ["updating", "deleting"] as const)
    expect(names(settle(deployment([[type, network()]], made)).changed)).toEqual(["net"]);
  expect(names(settle(deployment([], network({ id: NETWORK_ID, outputs: {} }))).changed)).toEqual(["net"]);
  expect(settle(deployment([], made)).changed).toEqual([]);
});
