import * as pulumi from "@pulumi/pulumi";
import type { ProgramOutputs } from "../../outputs";
import { SECRET_OUTPUTS } from "../secretOutputs";
import { Mocks, secretValue } from "./mocks";
import { run } from "./run";

/** Each leaf of controller-0 with its extended key usages and its authority. */
const CONTROLLER_LEAVES: [string, string[], string][] = [
  ["etcd-controller-0-server", ["server_auth"], "etcd-ca"],
  ["etcd-controller-0-peer", ["server_auth", "client_auth"], "etcd-ca"],
  ["etcd-controller-0-operator", ["client_auth"], "etcd-ca"],
  ["etcd-controller-0-backup", ["client_auth"], "etcd-ca"],
  ["control-plane-controller-0-pki-apiserver", ["server_auth"], "kubernetes-ca"],
  ["control-plane-controller-0-pki-apiserver-etcd-client", ["client_auth"], "etcd-ca"],
  ["control-plane-controller-0-pki-apiserver-kubelet-client", ["client_auth"], "kubernetes-ca"],
  ["control-plane-controller-0-pki-front-proxy-client", ["client_auth"], "front-proxy-ca"],
  ["control-plane-controller-0-pki-controller-manager", ["server_auth"], "kubernetes-ca"],
  ["control-plane-controller-0-pki-controller-manager-client", ["client_auth"], "kubernetes-ca"],
  ["control-plane-controller-0-pki-scheduler", ["server_auth"], "kubernetes-ca"],
  ["control-plane-controller-0-pki-scheduler-client", ["client_auth"], "kubernetes-ca"],
  ["control-plane-controller-0-pki-csr-approver-client", ["client_auth"], "kubernetes-ca"],
  ["control-plane-controller-0-pki-health-client", ["client_auth"], "kubernetes-ca"],
];
const AUTHORITIES = 3;

/** The number of resources of each type. */
const counts = ({ registered }: Mocks) =>
  Object.fromEntries(registered.map(({ type }) => [type, registered.filter((r) => r.type === type).length]));

function expectedCounts(controllers: number): Record<string, number> {
  // And the administrator's.
  const leaves = CONTROLLER_LEAVES.length * controllers + 1;
  return {
    "gcp:compute/network:Network": 1,
    "gcp:compute/subnetwork:Subnetwork": 1,
    "gcp:compute/firewall:Firewall": 4,
    "gcp:compute/instance:Instance": controllers,
    "gcp:compute/address:Address": controllers + 1,
    "gcp:compute/httpHealthCheck:HttpHealthCheck": 1,
    "gcp:compute/targetPool:TargetPool": 1,
    "gcp:compute/forwardingRule:ForwardingRule": 1,
    // For each leaf and authority, for service accounts, for encryption, for backups and for SSH.
    "tls:index/privateKey:PrivateKey": leaves + AUTHORITIES + 4,
    "tls:index/certRequest:CertRequest": leaves,
    "tls:index/locallySignedCert:LocallySignedCert": leaves,
    "tls:index/selfSignedCert:SelfSignedCert": AUTHORITIES + 1,
    "command:remote:Command": 2 * controllers,
    "pulumi:providers:kubernetes": 1,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": 2,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": 3,
    "kubernetes:rbac.authorization.k8s.io/v1:Role": 1,
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": 1,
    "pulumi:pulumi:Stack": 1,
    "hardway:index:ApproverRbac": 1,
    "hardway:index:Authority": AUTHORITIES,
    "hardway:index:BackupKey": 1,
    "hardway:index:ControlPlane": controllers,
    "hardway:index:ControlPlaneCertificates": controllers,
    "hardway:index:EtcdMember": controllers,
    "hardway:index:FrontDoor": 1,
    "hardway:index:KubeletRbac": 1,
    "hardway:index:MachineGroup": 1,
    "hardway:index:Network": 1,
  };
}

describe("three controllers", () => {
  let mocks: Mocks;
  let outputs: ProgramOutputs;
  beforeAll(async () => ({ mocks, outputs } = await run()));

  test("the program registers these cloud resources and no others", () => {
    const cloud = mocks.registered
      .filter((r) => r.type.startsWith("gcp:"))
      .map((r) => `${r.type.split(":")[2]} ${String(r.inputs.name)}`);
    expect(cloud.sort()).toEqual([
      "Address hardway-test",
      "Address hardway-test-controller-0",
      "Address hardway-test-controller-1",
      "Address hardway-test-controller-2",
      "Firewall hardway-test-allow-api",
      "Firewall hardway-test-allow-health-check",
      "Firewall hardway-test-allow-internal",
      "Firewall hardway-test-allow-ssh",
      "ForwardingRule hardway-test",
      "HttpHealthCheck hardway-test",
      "Instance hardway-test-controller-0",
      "Instance hardway-test-controller-1",
      "Instance hardway-test-controller-2",
      "Network hardway-test",
      "Subnetwork hardway-test-controllers",
      "TargetPool hardway-test",
    ]);
  });

  test("machines have fixed addresses, different zones, one tag, and no private key in their metadata", () => {
    const instances = mocks.of("gcp:compute/instance:Instance");
    expect(instances.map((i) => (i.inputs.networkInterfaces as object[])[0])).toMatchObject([
      { networkIp: "10.240.0.10", accessConfigs: [{ natIp: "203.0.113.10" }] },
      { networkIp: "10.240.0.11", accessConfigs: [{ natIp: "203.0.113.11" }] },
      { networkIp: "10.240.0.12", accessConfigs: [{ natIp: "203.0.113.12" }] },
    ]);
    expect(instances.map((i) => i.inputs.zone)).toEqual(["europe-west1-b", "europe-west1-c", "europe-west1-d"]);
    for (const { inputs } of instances) {
      expect(inputs).toMatchObject({ tags: ["hardway-test-controller"], canIpForward: true });
      expect(inputs.metadata).toEqual({
        "ssh-keys": "hardway:ssh-ed25519 controllers-ssh hardway",
        "block-project-ssh-keys": "TRUE",
        "enable-oslogin": "FALSE",
        "enable-guest-attributes": "TRUE",
        "hardway-joins": "FALSE",
        "startup-script": expect.stringContaining("fetch_program ") as string,
      });
      expect(inputs.serviceAccount).toBeUndefined();
      expect(inputs.shieldedInstanceConfig).toMatchObject({ enableSecureBoot: true });
    }
  });

  test("each firewall rule opens only its ports, only to its sources, for machines with the controllers' tag", () => {
    const rules = Object.fromEntries(
      mocks.of("gcp:compute/firewall:Firewall").map(({ name, inputs }) => [name, inputs]),
    );
    const opened = (name: string) => (rules[name]!.allows as { ports?: string[] }[]).flatMap((a) => a.ports ?? []);
    expect(opened("network-allow-internal")).toEqual(["2379-2380", "6443"]);
    expect(opened("network-allow-ssh")).toEqual(["22"]);
    expect(opened("network-allow-api")).toEqual(["6443"]);
    expect(opened("network-allow-health-check")).toEqual(["80"]);
    expect(rules["network-allow-internal"]).toMatchObject({ sourceTags: ["hardway-test-controller"] });
    expect(rules["network-allow-ssh"]).toMatchObject({ sourceRanges: ["198.51.100.0/24"] });
    expect(rules["network-allow-health-check"]).toMatchObject({
      sourceRanges: ["209.85.152.0/22", "209.85.204.0/22", "35.191.0.0/16"],
    });
    for (const rule of Object.values(rules)) expect(rule.targetTags).toEqual(["hardway-test-controller"]);
  });

  test("the front door checks /healthz with the Host header, and passes port 6443 to all controllers", () => {
    expect(mocks.named("front-door-health-check").inputs).toMatchObject({
      host: "kubernetes.default.svc.cluster.local",
      requestPath: "/healthz",
      port: 80,
    });
    expect(mocks.named("front-door-forwarding-rule").inputs).toMatchObject({
      portRange: "6443",
      ipAddress: "203.0.113.99",
      networkTier: "PREMIUM",
    });
    expect(mocks.named("front-door-target-pool").inputs.instances).toEqual([
      "europe-west1-b/hardway-test-controller-0",
      "europe-west1-c/hardway-test-controller-1",
      "europe-west1-d/hardway-test-controller-2",
    ]);
  });

  test("no two leaves share a private key", () => {
    const requests = mocks.of("tls:index/certRequest:CertRequest");
    expect(new Set(requests.map((r) => JSON.stringify(r.inputs.privateKeyPem))).size).toBe(requests.length);
  });

  test("kube-apiserver's certificate has all its names and addresses, and no name ends in a dot", () => {
    const request = mocks.named("control-plane-controller-1-pki-apiserver-request").inputs;
    expect(request.ipAddresses).toEqual(["127.0.0.1", "10.240.0.11", "203.0.113.99", "10.32.0.1"]);
    expect(request.dnsNames).toEqual([
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster",
      "kubernetes.default.svc.cluster.local",
      "controller-1",
      "localhost",
    ]);
  });

  test.each([...CONTROLLER_LEAVES, ["admin", ["client_auth"], "kubernetes-ca"] as (typeof CONTROLLER_LEAVES)[number]])(
    "the leaf %s has the usages %j and is signed by %s",
    (leaf, usages, authority) => {
      const { inputs } = mocks.named(`${leaf}-certificate`);
      expect(inputs.allowedUses).toEqual(["digital_signature", ...usages]);
      expect(inputs.caCertPem).toBe(`CERTIFICATE ${authority}-certificate`);
    },
  );

  test("every remote command checks the host key, and gets secrets on standard input only", () => {
    const commands = mocks.of("command:remote:Command");
    expect(commands.map((c) => c.name)).toEqual([
      ...[0, 1, 2].map((n) => `control-plane-controller-${n}-step`),
      ...[0, 1, 2].map((n) => `etcd-controller-${n}-step`),
    ]);
    for (const { inputs } of commands) {
      expect(inputs.create).toMatch(/^sudo bash -s -- [a-z-]+$/);
      const { hostKey, ...dials } = secretValue(inputs.connection) as Record<string, unknown>;
      expect(dials).toMatchObject({ dialErrorLimit: 40, perDialTimeout: 6 });
      expect(hostKey).toMatch(/^ecdsa-sha2-nistp256 HOSTKEY-hardway-test-controller-\d$/);
      expect(inputs.environment).toBeUndefined();
      expect(secretValue(inputs.stdin)).toMatch(/\.key 0400 etcd |\.key 0400 kube-apiserver /);
    }
  });

  test("etcd members start in parallel, a control plane waits for the member on its machine, RBAC waits for all control planes", () => {
    const steps = (of: string) => [0, 1, 2].map((n) => `${of}-controller-${n}-step`);
    const waitedFor = (name: string) => [...mocks.waitsFor(name)].filter((other) => /-step$/.test(other)).sort();
    for (const member of steps("etcd")) expect(waitedFor(member)).toEqual([]);
    steps("control-plane").forEach((step, n) => expect(waitedFor(step)).toEqual([steps("etcd")[n]]));
    for (const object of mocks.registered.filter((r) => r.type.startsWith("kubernetes:")))
      expect(waitedFor(object.name)).toEqual([...steps("control-plane"), ...steps("etcd")]);
  });

  test("an API that does not answer neither loses the objects in it, nor keeps them from being destroyed", () => {
    const { inputs } = mocks.named("kubelet-rbac-api");
    expect(inputs).not.toHaveProperty("deleteUnreachable");
    expect(inputs).toMatchObject({ skipUpdateUnreachable: "true", upsertExistingObjects: "true" });
    const objects = mocks.registered.filter((r) => r.type.startsWith("kubernetes:")).map(({ name }) => name);
    expect(mocks.retained.sort()).toEqual(objects.sort());
  });

  test("machines get the certificate for backups, and not its private key", () => {
    for (const name of [0, 1, 2].map((n) => `etcd-controller-${n}-step`)) {
      const stdin = secretValue(mocks.named(name).inputs.stdin) as string;
      expect(stdin).toContain("CERTIFICATE backup-certificate");
      expect(stdin).not.toContain("PEM backup-key");
      expect(stdin).not.toContain(Buffer.from("PEM backup-key").toString("base64"));
    }
  });

  test("the program has these outputs and no others", () => {
    expect(Object.keys(outputs).sort()).toEqual([
      "backupKey",
      "caCertificate",
      "clusterDnsIp",
      "clusterDomain",
      "contractVersion",
      "controllers",
      "endpoint",
      "etcdVersion",
      "kubeconfig",
      "kubernetesVersion",
      "network",
      "nodePortRange",
      "podCidr",
      "publicIp",
      "serviceCidr",
      "ssh",
      "subnetCidr",
      "subnetwork",
    ]);
  });

  test("these outputs are secrets and no others, so that the stacks that read them get plain values", async () => {
    const secret = await Promise.all(
      Object.entries(outputs).map(async ([name, output]) =>
        (await pulumi.isSecret(output as pulumi.Output<unknown>)) ? [name] : [],
      ),
    );
    expect(secret.flat().sort()).toEqual(SECRET_OUTPUTS);
  });

  test("the number of resources of each type is exact, and there are no other types", () => {
    expect(counts(mocks)).toEqual(expectedCounts(3));
  });
});

test.each([1, 5])(
  "with %i controllers there are as many machines, members and control planes, and no more of anything else",
  async (n) => {
    const { mocks } = await run({ controllers: n });
    expect(counts(mocks)).toEqual(expectedCounts(n));
    expect(mocks.of("gcp:compute/instance:Instance").map((i) => i.inputs.name)).toEqual(
      Array.from({ length: n }, (_, i) => `hardway-test-controller-${i}`),
    );
  },
);

describe("with other settings for machines and for the API's address", () => {
  let mocks: Mocks;
  let outputs: ProgramOutputs;
  const valueOf = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));
  const settings = {
    secureBoot: false,
    ipForwarding: false,
    networkTier: "STANDARD",
    apiAddress: "34.1.2.3",
    apiServerNames: ["api.example.com", "10.9.8.7", "localhost"],
    endpointName: "api.example.com",
  };
  beforeAll(async () => ({ mocks, outputs } = await run(settings)));

  test("machines have neither Secure Boot nor forwarding of packets", () => {
    for (const { inputs } of mocks.of("gcp:compute/instance:Instance"))
      expect(inputs).toMatchObject({
        canIpForward: false,
        shieldedInstanceConfig: { enableSecureBoot: false, enableVtpm: true, enableIntegrityMonitoring: true },
      });
  });

  test("everything with an external address has the same network tier, which never changes", () => {
    const nics = mocks.of("gcp:compute/instance:Instance").map(({ inputs }) => inputs.networkInterfaces as object[]);
    for (const [nic] of nics) expect(nic).toMatchObject({ accessConfigs: [{ networkTier: "STANDARD" }] });
    expect(mocks.named("front-door-forwarding-rule").inputs.networkTier).toBe("STANDARD");
    for (const { name, inputs } of mocks.of("gcp:compute/address:Address")) {
      expect(inputs.networkTier).toBe("STANDARD");
      expect(mocks.ignored.get(name)).toEqual(["networkTier"]);
    }
  });

  test("the front door has the address that exists, and makes none", async () => {
    expect(mocks.of("gcp:compute/address:Address").map(({ name }) => name)).toEqual(
      [0, 1, 2].map((i) => `controllers-${i}-address`),
    );
    expect(mocks.named("front-door-forwarding-rule").inputs.ipAddress).toBe("34.1.2.3");
    expect(await valueOf(outputs.publicIp)).toBe("34.1.2.3");
  });

  test("the API server's certificate has the further names, each once", () => {
    const { dnsNames, ipAddresses } = mocks.named("control-plane-controller-0-pki-apiserver-request").inputs;
    expect(dnsNames).toEqual([...new Set(dnsNames as string[])]);
    expect(dnsNames).toEqual(expect.arrayContaining(["kubernetes", "localhost", "api.example.com"]));
    expect(ipAddresses).toEqual(["127.0.0.1", "10.240.0.10", "34.1.2.3", "10.32.0.1", "10.9.8.7"]);
  });

  test("kubeconfig and endpoint have the name, and the program itself uses the address", async () => {
    expect(await valueOf(outputs.endpoint)).toBe("https://api.example.com:6443");
    expect(await valueOf(outputs.kubeconfig)).toContain("server: https://api.example.com:6443\n");
    const provider = mocks.of("pulumi:providers:kubernetes")[0]!;
    expect(secretValue(provider.inputs.kubeconfig)).toContain("server: https://34.1.2.3:6443\n");
  });
});

test("the name of every cloud resource begins with the setting name, so that two stacks can share a project", async () => {
  const { mocks } = await run({ name: "blue" });
  const names = mocks.registered.filter((r) => r.type.startsWith("gcp:")).map((r) => String(r.inputs.name));
  const cloud = Object.entries(expectedCounts(3)).filter(([type]) => type.startsWith("gcp:"));
  expect(names).toHaveLength(cloud.reduce((sum, [, count]) => sum + count, 0));
  for (const name of names) expect(name).toMatch(/^blue(-|$)/);
});
