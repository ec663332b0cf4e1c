import * as pulumi from "@pulumi/pulumi";
import type { ProgramOutputs } from "../../outputs";
import { Mocks, secretValue } from "./mocks";
import { run } from "./run";

const LEAVES_PER_CONTROLLER = 12;
const AUTHORITIES = 3;

/** How many of each type there are. */
const counts = ({ registered }: Mocks) =>
  Object.fromEntries(registered.map(({ type }) => [type, registered.filter((r) => r.type === type).length]));

function expectedCounts(controllers: number): Record<string, number> {
  const leaves = LEAVES_PER_CONTROLLER * controllers + 1;
  return {
    "gcp:compute/network:Network": 1,
    "gcp:compute/subnetwork:Subnetwork": 1,
    "gcp:compute/firewall:Firewall": 4,
    "gcp:compute/instance:Instance": controllers,
    "gcp:compute/address:Address": controllers + 1,
    "gcp:compute/httpHealthCheck:HttpHealthCheck": 1,
    "gcp:compute/targetPool:TargetPool": 1,
    "gcp:compute/forwardingRule:ForwardingRule": 1,
    // The leaves', the authorities', the service accounts', the encryption seed and the SSH key.
    "tls:index/privateKey:PrivateKey": leaves + AUTHORITIES + 3,
    "tls:index/certRequest:CertRequest": leaves,
    "tls:index/locallySignedCert:LocallySignedCert": leaves,
    "tls:index/selfSignedCert:SelfSignedCert": AUTHORITIES,
    "command:remote:Command": 2 * controllers,
    "pulumi:providers:kubernetes": 1,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": 1,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": 2,
    "pulumi:pulumi:Stack": 1,
    "hardway:index:Authority": AUTHORITIES,
    "hardway:index:ControlPlane": controllers,
    "hardway:index:ControlPlaneCertificates": controllers,
    "hardway:index:Controllers": 1,
    "hardway:index:EtcdMember": controllers,
    "hardway:index:FrontDoor": 1,
    "hardway:index:KubeletRbac": 1,
    "hardway:index:Network": 1,
  };
}

describe("three controllers", () => {
  let mocks: Mocks;
  let outputs: ProgramOutputs;
  beforeAll(async () => ({ mocks, outputs } = await run()));

  test("registers just these cloud resources", () => {
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

  test("machines have fixed addresses, spread zones, one tag and no key in their metadata", () => {
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
        "startup-script": expect.stringContaining("fetch_binary ") as string,
      });
      expect(inputs.serviceAccount).toBeUndefined();
    }
  });

  test("each firewall rule opens its ports to its sources, for the controllers' tag", () => {
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

  test("the front door checks /healthz with the Host header and passes 6443", () => {
    expect(mocks.named("front-door-health-check").inputs).toMatchObject({
      host: "kubernetes.default.svc.cluster.local",
      requestPath: "/healthz",
      port: 80,
    });
    expect(mocks.named("front-door-forwarding-rule").inputs).toMatchObject({
      portRange: "6443",
      ipAddress: "203.0.113.99",
    });
    expect(mocks.named("front-door-target-pool").inputs.instances).toEqual([
      "europe-west1-b/hardway-test-controller-0",
      "europe-west1-c/hardway-test-controller-1",
      "europe-west1-d/hardway-test-controller-2",
    ]);
  });

  test("every leaf has a key of its own; no key has two roles", () => {
    const requests = mocks.of("tls:index/certRequest:CertRequest");
    expect(new Set(requests.map((r) => JSON.stringify(r.inputs.privateKeyPem))).size).toBe(requests.length);
  });

  test("the API server's certificate names all its addresses, and no name ends in a dot", () => {
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

  test.each([
    ["etcd-controller-0-server", ["server_auth"], "etcd-ca"],
    ["etcd-controller-0-peer", ["server_auth", "client_auth"], "etcd-ca"],
    ["etcd-controller-0-operator", ["client_auth"], "etcd-ca"],
    ["control-plane-controller-0-pki-apiserver", ["server_auth"], "kubernetes-ca"],
    ["control-plane-controller-0-pki-apiserver-etcd-client", ["client_auth"], "etcd-ca"],
    ["control-plane-controller-0-pki-apiserver-kubelet-client", ["client_auth"], "kubernetes-ca"],
    ["control-plane-controller-0-pki-front-proxy-client", ["client_auth"], "front-proxy-ca"],
    ["control-plane-controller-0-pki-controller-manager", ["server_auth"], "kubernetes-ca"],
    ["control-plane-controller-0-pki-controller-manager-client", ["client_auth"], "kubernetes-ca"],
    ["control-plane-controller-0-pki-scheduler", ["server_auth"], "kubernetes-ca"],
    ["control-plane-controller-0-pki-scheduler-client", ["client_auth"], "kubernetes-ca"],
    ["control-plane-controller-0-pki-health-client", ["client_auth"], "kubernetes-ca"],
    ["admin", ["client_auth"], "kubernetes-ca"],
  ])("%s is for %j, signed by %s", (leaf, usages, authority) => {
    const { inputs } = mocks.named(`${leaf}-certificate`);
    expect(inputs.allowedUses).toEqual(["digital_signature", ...usages]);
    expect(inputs.caCertPem).toBe(`CERTIFICATE ${authority}-certificate`);
  });

  test("every remote command checks the host key and passes secrets by standard input alone", () => {
    const commands = mocks.of("command:remote:Command");
    expect(commands.map((c) => c.name)).toEqual([
      ...[0, 1, 2].map((n) => `control-plane-controller-${n}-step`),
      ...[0, 1, 2].map((n) => `etcd-controller-${n}-step`),
    ]);
    for (const { inputs } of commands) {
      expect(inputs.create).toMatch(/^sudo bash -s -- [a-z-]+$/);
      const { hostKey } = secretValue(inputs.connection) as { hostKey: string };
      expect(hostKey).toMatch(/^ecdsa-sha2-nistp256 HOSTKEY-hardway-test-controller-\d$/);
      expect(inputs.environment).toBeUndefined();
      expect(secretValue(inputs.stdin)).toMatch(/\.key 0400 etcd |\.key 0400 kube-apiserver /);
    }
  });

  test("etcd members start side by side, control planes wait for all members, RBAC for all control planes", () => {
    const steps = (of: string) => [0, 1, 2].map((n) => `${of}-controller-${n}-step`);
    const waitedFor = (name: string) => [...mocks.waitsFor(name)].filter((other) => /-step$/.test(other)).sort();
    for (const member of steps("etcd")) expect(waitedFor(member)).toEqual([]);
    for (const step of steps("control-plane")) expect(waitedFor(step)).toEqual(steps("etcd"));
    for (const object of mocks.registered.filter((r) => r.type.startsWith("kubernetes:")))
      expect(waitedFor(object.name)).toEqual([...steps("control-plane"), ...steps("etcd")]);
  });

  test("outputs have their documented names", () => {
    expect(Object.keys(outputs).sort()).toEqual([
      "caCertificate",
      "clusterDnsIp",
      "contractVersion",
      "controllers",
      "endpoint",
      "kubeconfig",
      "kubernetesVersion",
      "network",
      "podCidr",
      "publicIp",
      "serviceCidr",
      "ssh",
      "subnetwork",
    ]);
  });

  test.each(["kubeconfig", "ssh"] as const)("%s is a secret", async (name) => {
    expect(await pulumi.isSecret(outputs[name] as pulumi.Output<unknown>)).toBe(true);
  });

  test("there are just so many of each type, and no component but the program's own", () => {
    expect(counts(mocks)).toEqual(expectedCounts(3));
  });
});

test.each([1, 5])(
  "%i controllers: as many machines, members and control planes, and just as much of all else",
  async (n) => {
    const { mocks } = await run({ controllers: n });
    expect(counts(mocks)).toEqual(expectedCounts(n));
    expect(mocks.of("gcp:compute/instance:Instance").map((i) => i.inputs.name)).toEqual(
      Array.from({ length: n }, (_, i) => `hardway-test-controller-${i}`),
    );
  },
);

test("the name setting is the first part of every cloud resource's name, so two stacks share a project", async () => {
  const { mocks } = await run({ name: "blue" });
  const names = mocks.registered.filter((r) => r.type.startsWith("gcp:")).map((r) => String(r.inputs.name));
  expect(names).toHaveLength(16);
  for (const name of names) expect(name).toMatch(/^blue(-|$)/);
});
