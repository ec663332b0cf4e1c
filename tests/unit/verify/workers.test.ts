import { settleAll } from "../../../verify/run";
import { workersChecks } from "../../../verify/workers/checks";
import type { WorkersContext } from "../../../verify/workers/context";

const worker = (i: number) => ({ name: `worker-${i}`, podCidr: `10.200.${i}.0/24` });

/** A cluster with two workers, as its API shows it. */
function healthy() {
  return {
    nodes: [0, 1].map((i) => ({
      metadata: { name: `worker-${i}` },
      spec: { podCIDR: `10.200.${i}.0/24` as string | undefined, unschedulable: false },
      status: {
        nodeInfo: { kubeletVersion: "v1.37.2" },
        conditions: [{ type: "Ready", status: "True", message: "kubelet is posting ready status" }],
      },
    })),
    deployments: ["coredns", "metrics-server", "other"].map((name) => ({
      metadata: { name },
      spec: { replicas: 2 },
      status: { availableReplicas: name === "other" ? 0 : 2 },
    })),
    kubelets: { "worker-0": { status: 200, body: "ok" }, "worker-1": { status: 200, body: "ok" } },
  };
}

async function look(change: (cluster: ReturnType<typeof healthy>) => void = () => {}) {
  const cluster = healthy();
  change(cluster);
  const answers: Record<string, unknown> = {
    "/api/v1/nodes": { items: cluster.nodes },
    "/apis/apps/v1/namespaces/kube-system/deployments": { items: cluster.deployments },
  };
  const context: WorkersContext = {
    workers: [worker(0), worker(1)],
    kubernetesVersion: "1.37.2",
    api: {
      json: <T>(path: string) => Promise.resolve(answers[path] as T),
      request: (path: string) => {
        const name = /nodes\/([^/]+)\/proxy\/healthz$/.exec(path)![1] as keyof typeof cluster.kubelets;
        return Promise.resolve({ ...cluster.kubelets[name], serverNames: [] });
      },
    },
  };
  return settleAll(workersChecks, context, { boundMs: 0 });
}

test("healthy workers pass every check, and the table says what was seen", async () => {
  expect((await look()).map(({ name, ok, seen }) => [name, ok, seen])).toEqual([
    ["every worker's Node is Ready and takes Pods", true, "2 of 2"],
    ["kubelets have the control plane's version", true, "v1.37.2 on 2"],
    [
      "each Node has the range of Pods that the network routes to it",
      true,
      "worker-0 10.200.0.0/24, worker-1 10.200.1.0/24",
    ],
    ["API servers reach every kubelet, certificate checked", true, "2 of 2"],
    ["DNS and metrics have Pods that are ready", true, "coredns 2 of 2, metrics-server 2 of 2"],
  ]);
});

type Change = Parameters<typeof look>[0];
const BROKEN: [string, Change, string, RegExp][] = [
  [
    "a Node that is not Ready",
    ({ nodes }) =>
      void (nodes[1]!.status.conditions = [{ type: "Ready", status: "Unknown", message: "Kubelet stopped" }]),
    "every worker's Node is Ready and takes Pods",
    /^worker-1 is not Ready: Kubelet stopped$/,
  ],
  [
    "a Node that is closed",
    ({ nodes }) => void (nodes[0]!.spec.unschedulable = true),
    "every worker's Node is Ready and takes Pods",
    /^worker-0 is closed: make kubectl ARGS="uncordon worker-0"$/,
  ],
  [
    "an older kubelet",
    ({ nodes }) => void (nodes[0]!.status.nodeInfo.kubeletVersion = "v1.36.3"),
    "kubelets have the control plane's version",
    /^worker-0 has v1\.36\.3 and not v1\.37\.2: make workers$/,
  ],
  [
    "a range that is routed elsewhere",
    ({ nodes }) => void (nodes[1]!.spec.podCIDR = "10.200.7.0/24"),
    "each Node has the range of Pods that the network routes to it",
    /^worker-1 has 10\.200\.7\.0\/24, and the network routes 10\.200\.1\.0\/24 to it$/,
  ],
  [
    "a kubelet without a certificate",
    ({ kubelets }) =>
      void (kubelets["worker-0"] = {
        status: 500,
        body: '{"kind":"Status","message":"remote error: tls: internal error"}',
      }),
    "API servers reach every kubelet, certificate checked",
    /^worker-0: HTTP 500: remote error: tls: internal error; on each controller, sudo journalctl -u kubelet-csr-approver$/,
  ],
  [
    "DNS with one Pod of two",
    ({ deployments }) => void (deployments[0]!.status.availableReplicas = 1),
    "DNS and metrics have Pods that are ready",
    /^coredns 1 of 2: make kubectl/,
  ],
];

test.each(BROKEN)("%s fails its check alone, and the table says why", async (_, change, check, words) => {
  const failed = (await look(change)).filter(({ ok }) => !ok);
  expect(failed).toEqual([expect.objectContaining({ name: check, seen: expect.stringMatching(words) as string })]);
});

test("every check has been seen failing", () => {
  expect([...new Set(BROKEN.map(([, , check]) => check))].sort()).toEqual(workersChecks.map(({ name }) => name).sort());
});

test("a worker without a Node fails, and add-ons that the settings leave out do not", async () => {
  const results = await look((cluster) => {
    cluster.nodes.pop();
    cluster.deployments = [];
  });
  expect(results.find(({ name }) => name.startsWith("every worker"))!.seen).toBe("worker-1 has no Node: make workers");
  expect(results.find(({ name }) => name.startsWith("DNS"))).toMatchObject({ ok: true });
});
