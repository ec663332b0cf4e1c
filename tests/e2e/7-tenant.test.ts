import { X509Certificate } from "crypto";
import { parse } from "yaml";
import { StackOutputs } from "../../outputs";
import { output } from "../../lib/process";
import { openStack, readAnyOutputs } from "../../tasks/stack";
import { Api } from "../../verify/api";
import { engine, kubectl, made, make, STACK, stackOutputs } from "./support";
import { body, container, own, pod, post, rights } from "./tenant/rights";
import { withStandIn } from "./tenant/standIn";

/** examples/tenant on the running control plane. Its Pulumi.local.yaml has the team blue with alice (edit) and bob (view). */

const tenant = (...args: string[]) => engine("tenant", ...args);
const up = (...settings: string[]) =>
  tenant("up", "--yes", "--skip-preview", ...settings.flatMap((setting) => ["--config", setting]));

type Outputs = Record<"namespace" | "kubeconfig-alice" | "kubeconfig-bob", string>;
const outputs = async () => (await readAnyOutputs<Outputs>(openStack(STACK, "tenant"))).outputs as Outputs;
const as = async (person: "alice" | "bob") => new Api((await outputs())[`kubeconfig-${person}`]);

/** A kubeconfig's client key, PEM, and client certificate. */
function client(kubeconfig: string): { key: string; certificate: X509Certificate } {
  const { users } = parse(kubeconfig) as { users: [{ user: Record<string, string> }] };
  const text = (name: string) => Buffer.from(users[0].user[name]!, "base64").toString();
  return { key: text("client-key-data"), certificate: new X509Certificate(text("client-certificate-data")) };
}

/**
 * Full names of the stacks called STACK in the backend, of every project, because the command runs outside any project.
 * The backend may hold other stacks of the user's.
 */
async function stacks(): Promise<string[]> {
  const listed = await output("pulumi", ["stack", "ls", "--all", "--json"], {
    cwd: "/",
    env: openStack(STACK).environment,
  });
  const names = (JSON.parse(listed) as { name: string }[]).map(({ name }) => name);
  return names.filter((name) => name.endsWith(`/${STACK}`)).sort();
}

/** Requests for certificates of people. Those of kubelets have other signers, and stay for an hour after their workers have gone. */
const requests = () =>
  kubectl(
    "get certificatesigningrequests --field-selector spec.signerName=kubernetes.io/kube-apiserver-client -o name",
  );

test("make tenant creates the team's namespace, and running it again changes nothing", async () => {
  await made("tenant");
  expect((await outputs()).namespace).toBe("blue");
  expect(await requests()).toBe("");
  expect(await made("tenant")).toMatch(/Resources:\s+\d+ unchanged\n/);
  expect(await tenant("preview", "--expect-no-changes")).toMatchObject({ code: 0 });
  expect(await tenant("refresh", "--yes", "--skip-preview", "--expect-no-changes")).toMatchObject({ code: 0 });
});

test("the tenant is a separate stack and does not change the control plane's stack", async () => {
  expect(await stacks()).toEqual([`organization/hardway/${STACK}`, `organization/tenant/${STACK}`]);
  expect(await engine("hardway", "preview", "--expect-no-changes")).toMatchObject({ code: 0 });
});

test.each(rights)("%s", async (_, person, status, [path, options]) => {
  const answer = await (await as(person)).request(path, options);
  expect({ status: answer.status, body: status === 403 ? answer.body : "" }).toMatchObject({
    status,
    body: status === 403 ? (expect.stringContaining(`User \\"tenant:blue:${person}\\"`) as string) : "",
  });
});

test("a container without limits gets the team's default limits", async () => {
  const [path, options] = post(`${own}/pods`, body("Pod", "v1", { spec: pod() }));
  const made = await (await as("alice")).json<{ spec: { containers: [{ resources: object }] } }>(path, options);
  const limits = { cpu: "250m", memory: "256Mi" };
  expect(made.spec.containers[0].resources).toEqual({ limits, requests: limits });
});

test.each([
  ["more than the quota", pod({ resources: { limits: { cpu: "5", memory: "1Gi" } } }), "exceeded quota: team"],
  ["a Pod that may run as root", { containers: [container] }, 'violates PodSecurity \\"restricted'],
])("the API refuses %s", async (_, spec, reason) => {
  const [path, options] = post(`${own}/pods`, body("Pod", "v1", { spec }));
  expect(await (await as("alice")).request(path, options)).toMatchObject({
    status: 403,
    body: expect.stringContaining(reason) as string,
  });
});

test("make kubectl PERSON=alice uses the team's namespace; for an unknown person it lists the people", async () => {
  expect(await made("kubectl", { PERSON: "alice", ARGS: "config view --minify -o jsonpath={..namespace}" })).toBe(
    "blue",
  );
  const { code, stderr } = await make("kubectl", { PERSON: "mallory", ARGS: "get pods" });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("has alice, bob") as string });
});

test("a person who is removed loses all rights at once; the others keep their certificates", async () => {
  const before = await outputs();
  const bob = new Api(before["kubeconfig-bob"]);
  expect(await up('tenant:people={"alice":"edit"}')).toMatchObject({ code: 0 });
  expect((await bob.request(`${own}/pods`)).status).toBe(403);
  expect(await outputs()).toEqual({ namespace: "blue", "kubeconfig-alice": before["kubeconfig-alice"] });
});

test("a renewed certificate has the same key, and its signing request is deleted", async () => {
  const before = client((await outputs())["kubeconfig-alice"]);
  expect(await up("tenant:certificateDays=20")).toMatchObject({ code: 0 });
  const after = client((await outputs())["kubeconfig-alice"]);
  expect(after.key).toBe(before.key);
  expect(after.certificate.serialNumber).not.toBe(before.certificate.serialNumber);
  expect(Date.parse(after.certificate.validTo)).toBeLessThan(Date.parse(before.certificate.validTo));
  expect((await (await as("alice")).request(`${own}/pods`)).status).toBe(200);
  expect(await requests()).toBe("");
});

test("a certificateDays above the cluster's limit is an error that names the settings of both stacks", async () => {
  const { code, stdout } = await up("tenant:certificateDays=3650");
  expect(code).not.toBe(0);
  expect(stdout).toMatch(
    /tenant:certificateDays 3650: the cluster signs certificates for 36\d\.\d days at most; .*hardway:certificateDays/,
  );
  expect(await requests()).toBe("");
});

test("a control plane that does not exist is an error that names the setting and its value", async () => {
  const { code, stdout } = await tenant("preview", "--config", "tenant:controlPlane=organization/hardway/nope");
  expect(code).not.toBe(0);
  expect(stdout).toContain("tenant:controlPlane organization/hardway/nope: the stack cannot be read: unknown stack");
});

const signedOut = (kubeconfig: string) => kubeconfig.replace(/(client-(certificate|key)-data): .*/g, '$1: ""');
const ofAnother = (kubeconfig: string) =>
  kubeconfig.replace(/(certificate-authority-data): .*/, `$1: ${btoa(client(kubeconfig).certificate.toString())}`);

test.each<[string, (real: StackOutputs) => object, RegExp]>([
  [
    "whose API server does not accept the kubeconfig",
    ({ kubeconfig }) => ({ kubeconfig: signedOut(kubeconfig) }),
    /its output kubeconfig does not work: .*\(HTTP 401\)\. .*Run pulumi up on that stack; nothing was changed/,
  ],
  [
    "whose kubeconfig has another authority",
    ({ kubeconfig }) => ({ kubeconfig: ofAnother(kubeconfig) }),
    /its output kubeconfig does not work: .*Run pulumi up on that stack; nothing was changed/,
  ],
  ["that lacks an output", () => ({ endpoint: undefined }), /lacks the outputs endpoint; run pulumi up on it/],
  ["of the next version", () => ({ contractVersion: 2 }), /follow version 2 of the contract.*; update this program/],
  ["that is not up", (real) => Object.fromEntries(Object.keys(real).map((name) => [name, undefined])), /it is not up/],
])("a control plane %s is refused", async (_, changes, reason) => {
  const real = { ...(await stackOutputs()), ssh: {} } as StackOutputs;
  const { code, stdout } = await withStandIn({ ...real, ...changes(real) }, (name) =>
    up(`tenant:controlPlane=${name}`),
  );
  expect(code).not.toBe(0);
  expect(stdout).toMatch(/tenant:controlPlane organization\/hardway\/stand-in: /);
  expect(stdout).toMatch(reason);
});

test("make tenant-down removes the namespace, signing requests and stack, and keeps the control plane", async () => {
  await made("tenant-down");
  expect(await requests()).toBe("");
  expect(await kubectl("get namespaces -o name")).not.toContain("blue");
  expect(await stacks()).toEqual([`organization/hardway/${STACK}`]);
  await made("tenant-down");
});
