import * as pulumi from "@pulumi/pulumi";
import { renderKubeconfig } from "../../examples/tenant/kubeconfig";
import { parseSettings } from "../../examples/tenant/settings";
import { Backend, CERTIFICATE } from "./backend";
import { Registered, secretValue } from "./mocks";
import { qualified, runProgram } from "./run";
import { tenantSettings } from "./settings";

/** No server listens on port 1. */
const endpoint = "https://127.0.0.1:1";
const kubeconfig = renderKubeconfig({
  server: endpoint,
  ca: CERTIFICATE,
  cluster: "c",
  user: "u",
  namespace: "default",
  certificate: "",
  key: "",
});

/** The outputs of a control plane whose API server does not answer. */
function unreachable(): Backend {
  const names =
    "publicIp controllers network subnetwork subnetCidr podCidr serviceCidr clusterDnsIp clusterDomain nodePortRange kubernetesVersion etcdVersion backupKey ssh";
  const rest = Object.fromEntries(names.split(" ").map((name) => [name, `its ${name}`]));
  const outputs = { contractVersion: 1, endpoint, kubeconfig, caCertificate: CERTIFICATE, ...rest };
  return new Backend({ "organization/hardway/dev": outputs });
}

/** Runs examples/tenant and returns its outputs and warnings. */
async function run(mocks: Backend, changes: Record<string, unknown> = {}, preview = true) {
  const warn = jest.spyOn(console, "warn").mockImplementation();
  type Program = { default: () => Promise<Record<string, pulumi.Output<string>>> };
  const program = async () => ((await import("../../examples/tenant/index")) as unknown as Program).default();
  try {
    const outputs = await runProgram(mocks, "tenant", qualified("tenant", tenantSettings(changes)), program, preview);
    return { outputs, warnings: warn.mock.calls.flat().join("\n") };
  } finally {
    warn.mockRestore();
  }
}

describe("a team with an editor and a viewer", () => {
  const mocks = unreachable();
  let outputs: Record<string, pulumi.Output<string>>;
  beforeAll(async () => ({ outputs } = await run(mocks)));

  const objects = (): Registered[] => mocks.registered.filter(({ type }) => /^kubernetes:.*\/v1:/.test(type));

  test("every object is in the team's namespace", () => {
    const made = objects().map(({ type, inputs }) => {
      const { name, namespace } = inputs.metadata as { name: string; namespace?: string };
      return `${type.split(":").pop()} ${namespace ?? ""}/${name}`;
    });
    expect(made.sort()).toEqual([
      "LimitRange blue/team",
      "Namespace /blue",
      "NetworkPolicy blue/deny-ingress",
      "ResourceQuota blue/team",
      "RoleBinding blue/team-edit",
      "RoleBinding blue/team-view",
    ]);
  });

  test("each person has a role binding for a user name that no other team or system user has", () => {
    const bindings = mocks.of("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding");
    const bound = bindings.map(({ inputs }) => {
      const { roleRef, subjects } = inputs as { roleRef: { name: string }; subjects: { kind: string; name: string }[] };
      return `${roleRef.name}: ${subjects.map(({ kind, name }) => `${kind} ${name}`).join()}`;
    });
    expect(bound).toEqual(["edit: User tenant:blue:alice", "view: User tenant:blue:bob"]);
    expect(mocks.named("alice-request").inputs.subject).toEqual({ commonName: "tenant:blue:alice" });
  });

  test("the request asks for a client certificate with the lifetime from the settings", () => {
    const { REQUEST } = mocks.named("alice-certificate").inputs.environment as { REQUEST: string };
    expect(JSON.parse(REQUEST)).toMatchObject({
      metadata: { generateName: "blue-alice-" },
      spec: {
        request: Buffer.from("REQUEST alice-request").toString("base64"),
        signerName: "kubernetes.io/kube-apiserver-client",
        usages: ["client auth"],
        expirationSeconds: 30 * 24 * 3600,
      },
    });
    expect(mocks.named("alice-clock").inputs).toMatchObject({ validityPeriodHours: 720, earlyRenewalHours: 240 });
  });

  test("the command gets the administrator's kubeconfig through standard input, as a secret", () => {
    const { stdin, ...rest } = mocks.named("alice-certificate").inputs;
    expect(secretValue(stdin)).toBe(kubeconfig);
    expect(JSON.stringify(rest)).not.toContain(endpoint);
  });

  test("the output has a secret kubeconfig for each person", async () => {
    expect(Object.keys(outputs).sort()).toEqual(["kubeconfig-alice", "kubeconfig-bob", "namespace"]);
    expect(await pulumi.isSecret(outputs["kubeconfig-alice"]!)).toBe(true);
  });
});

test("with a kubeconfig that does not work, up fails before it changes anything, and preview only warns", async () => {
  const useless =
    /tenant:controlPlane organization\/hardway\/dev: its output kubeconfig does not work: .*ECONNREFUSED.*hardway:apiClientCidrs\?/;
  const mocks = unreachable();
  await expect(run(mocks, {}, false)).rejects.toThrow(useless);
  expect(mocks.registered.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
  expect((await run(unreachable())).warnings).toMatch(useless);
});

test("where the environment names a proxy, the kubeconfig is left to the programs that use one", async () => {
  const { env } = process;
  process.env = { ...env, HTTPS_PROXY: "http://192.0.2.1:3128" };
  try {
    expect((await run(unreachable())).warnings).toBe("");
  } finally {
    process.env = env;
  }
});

describe("settings", () => {
  test.each([
    ["controlPlane", "dev", 'must be a stack\'s full name, ORGANIZATION/PROJECT/STACK, .*; got "dev"'],
    ["team", "", 'must have 1 to 40 characters .*; got ""'],
    ["team", "kube-system", 'must not be a namespace that Kubernetes uses.*; got "kube-system"'],
    ["people", "alice", 'must map names to edit or view, .*; got "alice"'],
    ["people", ["alice"], "must map names to edit or view"],
    ["people", { Alice: "edit" }, 'must have names of 1 to 40 characters .*; got "Alice"'],
    ["people", { "system:alice": "edit" }, 'must have names of .*; got "system:alice"'],
    ["people", { alice: "admin" }, 'must give alice the role edit or view; got "admin"'],
    ["people", { alice: null }, "must give alice the role edit or view; got null"],
    ["quotaCpu", "1.5", 'must be a number of processors, .*; got "1.5"'],
    ["quotaMemory", "8GB", 'must be an amount of memory, .*; got "8GB"'],
    ["quotaPods", 0, 'must be a whole number from 1 to 100000 \\(Pods\\); got "0"'],
    ["quotaPods", "many", 'must be a whole number from 1 to 100000 \\(Pods\\); got "many"'],
    ["containerCpu", "4001m", 'must be at most quotaCpu \\(4\\), .*; got "4001m"'],
    ["containerMemory", "9Gi", 'must be at most quotaMemory \\(8Gi\\), .*; got "9Gi"'],
    ["renewBeforeDays", 30, 'must be less than certificateDays \\(30\\), .*; got "30"'],
    ["pepole", {}, "does not exist; did you mean tenant:people\\?"],
    ["quotaCPUs", {}, "does not exist; did you mean tenant:quotaCpu\\?"],
    ["colour", {}, "does not exist; remove it"],
  ])("%s %j is refused", (key, value, message) => {
    const heading = "1 problem in the settings of stack dev \\(Pulumi\\.dev\\.yaml\\); nothing was changed:";
    expect(() => parseSettings(tenantSettings({ [key]: value }), "dev")).toThrow(
      new RegExp(`^${heading}\n  tenant:${key} ${message}[^\n]*$`),
    );
  });

  test("a setting without a value is named", () => {
    const settings = tenantSettings();
    delete settings.team;
    expect(() => parseSettings(settings, "dev")).toThrow("  tenant:team is missing; its default is in Pulumi.yaml");
  });

  test("all problems are listed at once", () => {
    expect(() => parseSettings(tenantSettings({ team: "", quotaCpu: "x", people: 3 }), "dev")).toThrow(
      /^3 problems [^]*\n {2}tenant:team [^]*\n {2}tenant:people [^]*\n {2}tenant:quotaCpu /,
    );
  });

  test("amounts are written in the form in which Kubernetes returns them", async () => {
    const mocks = unreachable();
    await run(mocks, { quotaCpu: "2000m", quotaMemory: "2048Mi", containerCpu: "1500m" });
    const { spec } = mocks.named("blue-quota").inputs as { spec: { hard: Record<string, string> } };
    expect(spec.hard).toMatchObject({ "limits.cpu": "2", "limits.memory": "2Gi" });
    const { spec: limits } = mocks.named("blue-limits").inputs as { spec: { limits: [{ default: object }] } };
    expect(limits.limits[0].default).toEqual({ cpu: "1500m", memory: "256Mi" });
  });
});
