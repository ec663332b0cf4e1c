import * as pulumi from "@pulumi/pulumi";
import { kubeconfig as renderKubeconfig } from "../../../node/programs/kubeconfig";
import type { NodeOutput, WorkersOutputs } from "../../../workers/outputs";
import { Backend, CERTIFICATE } from "../backend";
import { secretValue } from "../mocks";
import { qualified, runProgram } from "../run";
import { workersSettings } from "./settings";

const kubeconfig = renderKubeconfig({
  server: "https://192.0.2.1:6443",
  ca: CERTIFICATE,
  cluster: "c",
  user: "u",
  certificate: "",
  key: "KEY OF THE ADMINISTRATOR",
});

const controlPlane = {
  contractVersion: 1,
  endpoint: "https://192.0.2.1:6443",
  publicIp: "192.0.2.1",
  kubeconfig,
  caCertificate: CERTIFICATE,
  controllers: [],
  network: "hardway-dev",
  subnetwork: "hardway-dev-controllers",
  subnetCidr: "10.240.0.0/24",
  podCidr: "10.200.0.0/16",
  serviceCidr: "10.32.0.0/24",
  clusterDnsIp: "10.32.0.10",
  clusterDomain: "cluster.local",
  nodePortRange: "30000-32767",
  kubernetesVersion: "1.37.2",
  etcdVersion: "3.7.3",
  backupKey: "KEY OF THE BACKUPS",
  ssh: { user: "hardway", privateKey: "KEY OF THE CONTROLLERS", hostKeys: {} },
};

/** Runs workers/ on a control plane. `last` are the outputs of the last update. */
async function run(changes: Record<string, unknown> = {}, last: Partial<WorkersOutputs> = {}) {
  const mocks = new Backend({
    "organization/hardway/dev": controlPlane,
    "organization/workers/test": last,
  });
  type Program = { default: () => Promise<Record<keyof WorkersOutputs, pulumi.Output<unknown>>> };
  const program = async () => ((await import("../../../workers/index")) as unknown as Program).default();
  const settings = { ...qualified("workers", workersSettings(changes)), "gcp:region": "europe-west1" };
  const outputs = await runProgram(mocks, "workers", settings, program);
  return { mocks, outputs };
}

const value = <T>(output: pulumi.Output<unknown>) => new Promise<T>((resolve) => output.apply((v) => resolve(v as T)));

describe("two workers", () => {
  let made: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => void (made = await run()));
  const inputs = (name: string) => made.mocks.named(name).inputs;

  test("each has a machine, a route to its Pods and a Node with the same range", async () => {
    const nodes = await value<NodeOutput[]>(made.outputs.nodes);
    expect(nodes.map(({ name, internalIp, podCidr, slot }) => [name, internalIp, podCidr, slot])).toEqual([
      ["worker-0", "10.240.16.10", "10.200.0.0/24", 0],
      ["worker-1", "10.240.16.11", "10.200.1.0/24", 1],
    ]);
    for (const { name, internalIp, podCidr } of nodes) {
      expect(inputs(`${name}-route`)).toMatchObject({
        destRange: podCidr,
        nextHopIp: internalIp,
        network: "hardway-dev",
      });
      expect(inputs(`${name}-node`)).toMatchObject({
        metadata: { name, labels: { "hardway/group": "worker" } },
        spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
      });
    }
  });

  test("names of cloud resources begin with the cluster's, and do not clash with the control plane's", () => {
    const names = made.mocks.registered
      .filter(({ type }) => type.startsWith("gcp:"))
      .map(({ inputs: { name } }) => name as string);
    for (const name of names) expect(name).toMatch(/^hardway-dev-worker/);
    expect(new Set(names).size).toBeGreaterThan(8);
  });

  test("firewall rules open what workers need, and nothing to everybody", () => {
    const rules = made.mocks.of("gcp:compute/firewall:Firewall").map(({ inputs: rule }) => rule);
    const shown = rules.map((rule) => {
      const { name, sourceRanges, sourceTags, destinationRanges, targetTags, allows } = rule as {
        name: string;
        sourceRanges?: string[];
        sourceTags?: string[];
        destinationRanges?: string[];
        targetTags: string[];
        allows: { protocol: string; ports?: string[] }[];
      };
      const open = allows.map(({ protocol, ports = [] }) => [protocol, ...ports].join(" ")).join(", ");
      const to = [...targetTags, ...(destinationRanges ?? [])].join(" ");
      return `${name.replace("hardway-dev-workers-allow-", "")}: ${(sourceTags ?? sourceRanges)!.join(" ")} -> ${to}: ${open}`;
    });
    expect(shown.sort()).toEqual([
      "api-to-pods: hardway-dev-controller -> hardway-dev-worker 10.200.0.0/16: tcp",
      "api: 10.240.16.0/20 10.200.0.0/16 203.0.113.10/32 203.0.113.11/32 -> hardway-dev-controller: tcp 6443",
      "kubelet: hardway-dev-controller -> hardway-dev-worker: tcp 10250",
      "nodes: 10.240.16.0/20 10.200.0.0/16 -> hardway-dev-worker: tcp 10250, tcp 30000-32767, udp 30000-32767, icmp",
      "pods: 10.240.16.0/20 10.200.0.0/16 -> hardway-dev-worker 10.200.0.0/16: all",
      "ssh: 198.51.100.0/24 -> hardway-dev-worker: tcp 22",
    ]);
  });

  test("a machine's step waits for its Node, its token and the rights to join", () => {
    const waits = made.mocks.waitsFor("worker-0-step");
    const rights = ["rbac-join", "rbac-first-certificate", "network-allow-api", "machines"];
    for (const name of ["worker-0-node", "worker-0-token", ...rights]) expect(waits).toContain(name);
    expect(waits).not.toContain("worker-1-step");
  });

  test("the control plane learns the name and the address of each, for which a kubelet may get a serving certificate", () => {
    expect(inputs("machines")).toMatchObject({
      metadata: { name: "hardway-workers", namespace: "kube-system" },
      data: { "worker-0": "10.240.16.10", "worker-1": "10.240.16.11" },
    });
  });

  test("kubeconfigs, keys and tokens are secrets, on no command line and in no plain input", () => {
    for (const name of ["worker-0-token", "worker-0-ready", "kube-proxy-certificate"])
      expect(secretValue(inputs(name).stdin)).toBe(kubeconfig);
    const plain = JSON.stringify(made.mocks.registered, (_, inner: unknown) =>
      typeof inner === "object" && inner !== null && "4dabf18193072939515e22adb298388d" in inner ? "secret" : inner,
    );
    for (const secret of ["KEY OF THE", "ADMINISTRATOR", "PEM kube-proxy-key", "PEM metrics-key"])
      expect(plain).not.toContain(secret);
  });

  test("the cluster's DNS comes after the workers, at the control plane's address for it", () => {
    expect(inputs("dns-service")).toMatchObject({ spec: { clusterIP: "10.32.0.10" } });
    expect(made.mocks.waitsFor("dns-deployment")).toContain("worker-1-ready");
  });
});

describe("workers that run", () => {
  const hardware = "e2-standard-2, debian-cloud/debian-12, pd-balanced of 50 GiB";
  const nodes = [0, 1].map((i) => {
    const name = `worker-${i}`;
    return { name, slot: i, hardware, joined: `${i} 1700000000000`, instance: `hardway-dev-${name}`, zone: "z" };
  }) as NodeOutput[];

  test("change nothing and wait for nothing when their machines stay", async () => {
    const { mocks } = await run({}, { nodes });
    expect(mocks.named("worker-1-drain").inputs.triggers).toEqual([hardware]);
    expect(mocks.waitsFor("worker-1")).not.toContain("worker-0-open");
  });

  test("change their machines one after the other: each is drained when the one before it takes Pods again", async () => {
    const { mocks } = await run({ groups: { worker: { count: 2, machineType: "e2-standard-4" } } }, { nodes });
    expect(mocks.waitsFor("worker-0")).toContain("worker-0-drain");
    expect(mocks.waitsFor("worker-0")).not.toContain("worker-1-open");
    for (const name of ["worker-0-ready", "worker-0-open", "worker-1-drain"])
      expect(mocks.waitsFor("worker-1")).toContain(name);
    expect(mocks.waitsFor("worker-1-drain")).toContain("worker-0-open");
  });
});

test("metrics-server and the API servers check each other's certificates", async () => {
  const { mocks } = await run();
  const { spec } = mocks.named("metrics-deployment").inputs as {
    spec: { template: { spec: { containers: [{ args: string[] }] } } };
  };
  const { args } = spec.template.spec.containers[0];
  expect(args).toContain("--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
  expect(args.join(" ")).not.toContain("insecure");
  const api = mocks.named("metrics-api").inputs.spec as Record<string, unknown>;
  expect(api.caBundle).toBe(Buffer.from("CERTIFICATE metrics-certificate").toString("base64"));
  expect(api).not.toHaveProperty("insecureSkipTLSVerify");
});

test("a worker that has joined gets no new token", async () => {
  const before = { name: "worker-0", slot: 0, joined: "0 1700000000000", instance: "hardway-dev-worker-0", zone: "z" };
  const { mocks, outputs } = await run({ groups: { worker: { count: 1 } } }, { nodes: [before as NodeOutput] });
  expect(mocks.named("worker-0-token").inputs.triggers).toEqual(["0 1700000000000"]);
  expect((await value<NodeOutput[]>(outputs.nodes))[0]!.joined).toBe("0 1700000000000");
});

test("a worker whose machine was made again gets a new token", async () => {
  const before = { name: "worker-0", slot: 0, joined: "17 1700000000000", instance: "hardway-dev-worker-0", zone: "z" };
  const { mocks } = await run({ groups: { worker: { count: 1 } } }, { nodes: [before as NodeOutput] });
  expect(mocks.named("worker-0-token").inputs.triggers).toEqual([expect.stringMatching(/^0 \d{13}$/)]);
});

test("NodePorts are open only to the ranges that the settings name", async () => {
  const { mocks } = await run({ nodePortCidrs: ["198.51.100.7/32"] });
  expect(mocks.named("network-allow-node-ports").inputs).toMatchObject({ sourceRanges: ["198.51.100.7/32"] });
});

test.each(["dns", "metrics"])("without an image for it there is no %s", async (name) => {
  const { mocks } = await run({ [`${name}Image`]: "" });
  expect(mocks.registered.filter((resource) => resource.name.startsWith(name))).toEqual([]);
});

test("ranges that overlap the control plane's are refused before anything is made", async () => {
  await expect(run({ subnetCidr: "10.240.0.0/20" })).rejects.toThrow(/workers:subnetCidr must not overlap subnetCidr/);
});
