/** What `make verify` looks at where there are workers. Everything comes from the API. */
import { verdict } from "../check";
import type { WorkersCheck, WorkersContext } from "./context";

interface Node {
  metadata: { name: string };
  spec: { podCIDR?: string; unschedulable?: boolean };
  status: { nodeInfo?: { kubeletVersion: string }; conditions?: { type: string; status: string; message?: string }[] };
}
interface Deployment {
  metadata: { name: string };
  spec: { replicas: number };
  status: { availableReplicas?: number };
}

/** Each worker, with its Node if there is one. */
async function withNodes({ api, workers }: WorkersContext) {
  const { items } = await api.json<{ items: Node[] }>("/api/v1/nodes");
  return workers.map((worker) => ({ ...worker, node: items.find(({ metadata }) => metadata.name === worker.name) }));
}

const of = ({ workers }: WorkersContext) => `${workers.length} of ${workers.length}`;

const nodesReady: WorkersCheck = {
  name: "every worker's Node is Ready and takes Pods",
  async run(context) {
    const complaints = (await withNodes(context)).flatMap(({ name, node }) => {
      if (node === undefined) return [`${name} has no Node: make workers`];
      const ready = node.status.conditions?.find(({ type }) => type === "Ready");
      if (ready?.status !== "True")
        return [`${name} is not Ready: ${ready?.message ?? "its kubelet has said nothing"}`];
      return node.spec.unschedulable ? [`${name} is closed: make kubectl ARGS="uncordon ${name}"`] : [];
    });
    return verdict(complaints, of(context));
  },
};

const versions: WorkersCheck = {
  name: "kubelets have the control plane's version",
  async run(context) {
    const wanted = `v${context.kubernetesVersion}`;
    const complaints = (await withNodes(context)).flatMap(({ name, node }) => {
      const version = node?.status.nodeInfo?.kubeletVersion ?? "no version";
      return version === wanted ? [] : [`${name} has ${version} and not ${wanted}: make workers`];
    });
    return verdict(complaints, `${wanted} on ${context.workers.length}`);
  },
};

const podRanges: WorkersCheck = {
  name: "each Node has the range of Pods that the network routes to it",
  async run(context) {
    const complaints = (await withNodes(context)).flatMap(({ name, podCidr, node }) => {
      const found = node?.spec.podCIDR ?? "no range";
      return found === podCidr ? [] : [`${name} has ${found}, and the network routes ${podCidr} to it`];
    });
    return verdict(complaints, context.workers.map(({ name, podCidr }) => `${name} ${podCidr}`).join(", "));
  },
};

/** The API server refuses a kubelet whose certificate the cluster's authority has not signed for its address. */
const kubeletsReached: WorkersCheck = {
  name: "API servers reach every kubelet, certificate checked",
  async run(context) {
    const complaints = await Promise.all(
      context.workers.map(async ({ name }) => {
        const { status, body } = await context.api.request(`/api/v1/nodes/${name}/proxy/healthz`);
        if (status === 200) return [];
        return [`${name}: HTTP ${status}: ${said(body)}; on each controller, sudo journalctl -u kubelet-csr-approver`];
      }),
    );
    return verdict(complaints.flat(), of(context));
  },
};

/** The message of a Status, or the beginning of another answer. */
function said(body: string): string {
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body;
  return message.replace(/\s+/g, " ").slice(0, 120);
}

const addOns: WorkersCheck = {
  name: "DNS and metrics have Pods that are ready",
  async run({ api }) {
    const path = "/apis/apps/v1/namespaces/kube-system/deployments";
    const { items } = await api.json<{ items: Deployment[] }>(path);
    const own = items.filter(({ metadata }) => ["coredns", "metrics-server"].includes(metadata.name));
    const shown = own.map(({ metadata, spec, status }) => ({
      text: `${metadata.name} ${status.availableReplicas ?? 0} of ${spec.replicas}`,
      ok: (status.availableReplicas ?? 0) >= spec.replicas,
    }));
    const complaints = shown
      .filter(({ ok }) => !ok)
      .map(({ text }) => `${text}: make kubectl ARGS="get pods -n kube-system"`);
    return verdict(complaints, shown.map(({ text }) => text).join(", ") || "the settings leave them out");
  },
};

export const workersChecks: WorkersCheck[] = [nodesReady, versions, podRanges, kubeletsReached, addOns];
