import * as pulumi from "@pulumi/pulumi";
import { kubeconfig as renderKubeconfig } from "../../node/programs/kubeconfig";
import { parseSettings } from "../../examples/tenant/settings";
import { Backend, CERTIFICATE } from "./backend";
import { Registered, secretValue } from "./mocks";
import { qualified, runProgram } from "./run";
import { tenantSettings } from "./settings";

/** Nothing listens on port 1. */
const endpoint = "https://127.0.0.1:1";
const kubeconfig = renderKubeconfig({
  server: endpoint,
  ca: CERTIFICATE,
  cluster: "c",
  user: "u",
  certificate: "",
  key: "",
});

/** A control plane that does not answer. */
function unreachable(): Backend {
  const names = "publicIp controllers network subnetwork podCidr serviceCidr clusterDnsIp kubernetesVersion ssh";
  const rest = Object.fromEntries(names.split(" ").map((name) => [name, `its ${name}`]));
  const outputs = { contractVersion: 1, endpoint, kubeconfig, caCertificate: CERTIFICATE, ...rest };
  return new Backend({ "organization/hardway/dev": outputs });
}

/** Runs examples/tenant; with what it warned of. */
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

  test("everything is in the team's namespace", () => {
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

  test("each person is bound by name, a name that is nobody else's", () => {
    const bindings = mocks.of("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding");
    const bound = bindings.map(({ inputs }) => {
      const { roleRef, subjects } = inputs as { roleRef: { name: string }; subjects: { kind: string; name: string }[] };
      return `${roleRef.name}: ${subjects.map(({ kind, name }) => `${kind} ${name}`).join()}`;
    });
    expect(bound).toEqual(["edit: User tenant:blue:alice", "view: User tenant:blue:bob"]);
    expect(mocks.named("alice-request").inputs.subject).toEqual({ commonName: "tenant:blue:alice" });
  });

  test("a request asks for a client certificate and nothing else, for as long as is set", () => {
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

  test("the administrator's kubeconfig goes to the command by standard input, as a secret", () => {
    const { stdin, ...rest } = mocks.named("alice-certificate").inputs;
    expect(secretValue(stdin)).toBe(kubeconfig);
    expect(JSON.stringify(rest)).not.toContain(endpoint);
  });

  test("each person has a kubeconfig, a secret", async () => {
    expect(Object.keys(outputs).sort()).toEqual(["kubeconfig-alice", "kubeconfig-bob", "namespace"]);
    expect(await pulumi.isSecret(outputs["kubeconfig-alice"]!)).toBe(true);
  });
});

test("a kubeconfig that does not work ends an up before anything is touched, and a preview with a warning only", async () => {
  const useless =
    /tenant:controlPlane organization\/hardway\/dev: its output kubeconfig does not work: .*ECONNREFUSED.*hardway:apiClientCidrs\?/;
  const mocks = unreachable();
  await expect(run(mocks, {}, false)).rejects.toThrow(useless);
  expect(mocks.registered.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
  expect((await run(unreachable())).warnings).toMatch(useless);
});

describe("settings", () => {
  test.each([
    ["controlPlane", "dev", "is no stack; write it as ORGANIZATION/PROJECT/STACK"],
    ["team", "", "is no name for a team"],
    ["team", "kube-system", "is a namespace of Kubernetes' own"],
    ["people", "alice", "is no map from names to edit or view"],
    ["people", ["alice"], "is no map from names to edit or view"],
    ["people", { Alice: "edit" }, 'has "Alice", which is no name for a person'],
    ["people", { "system:alice": "edit" }, 'has "system:alice", which is no name for a person'],
    ["people", { alice: "admin" }, 'gives "alice" "admin", which is no role; use edit or view'],
    ["quotaCpu", "1.5", "is no amount of processors"],
    ["quotaMemory", "8GB", "is no amount of memory"],
    ["quotaPods", 0, "is out of range"],
    ["containerCpu", "4001m", "is more than quotaCpu, 4"],
    ["containerMemory", "9Gi", "is more than quotaMemory, 8Gi"],
    ["renewBeforeDays", 30, "must be less than certificateDays, 30"],
    ["pepole", {}, "did you mean tenant:people?"],
  ])("%s %j is refused", (key, value, message) => {
    const refused = () => parseSettings(tenantSettings({ [key]: value }), "dev");
    expect(refused).toThrow(`a problem in the settings of stack dev (Pulumi.dev.yaml); nothing was changed:`);
    expect(refused).toThrow(`  tenant:${key} `);
    expect(refused).toThrow(message);
  });

  test("every problem is told at once", () => {
    expect(() => parseSettings(tenantSettings({ team: "", quotaCpu: "x", people: 3 }), "dev")).toThrow(/^3 problems/);
  });

  test("amounts reach Kubernetes as it writes them itself", async () => {
    const mocks = unreachable();
    await run(mocks, { quotaCpu: "2000m", quotaMemory: "2048Mi", containerCpu: "1500m" });
    const { spec } = mocks.named("blue-quota").inputs as { spec: { hard: Record<string, string> } };
    expect(spec.hard).toMatchObject({ "limits.cpu": "2", "limits.memory": "2Gi" });
    const { spec: limits } = mocks.named("blue-limits").inputs as { spec: { limits: [{ default: object }] } };
    expect(limits.limits[0].default).toEqual({ cpu: "1500m", memory: "256Mi" });
  });
});
