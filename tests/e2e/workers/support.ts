import { Ssh } from "../../../lib/ssh";
import { openStack } from "../../../tasks/stack";
import { readWorkers } from "../../../tasks/workersStack";
import type { WorkersOutputs } from "../../../workers/outputs";
import { kubectl, STACK } from "../support";

/** The Deployment that these tests bring up, and its Service. */
export const DEPLOYMENT = "echo";
export const IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53";
export const PODS = 6;
export const WORKERS = ["worker-0", "worker-1"];
/** Matches what make workers prints when every check passes. */
export const WORKERS_OK = /^([1-9]\d*) of \1 checks ok on the workers of stack local\b/m;

/** The parts of objects that these tests read. */
export interface List<T> {
  items: T[];
}
export interface Pod {
  metadata: { name: string };
  spec: { nodeName: string };
  status: { podIP: string };
}
export interface Node {
  metadata: { name: string; labels: Record<string, string> };
  spec: { podCIDR: string; unschedulable?: boolean };
  status: { nodeInfo: { kubeletVersion: string }; conditions: { type: string; status: string }[] };
}

export const get = async <T>(what: string) => JSON.parse(await kubectl(`get ${what} --output json`)) as T;
export const nodes = async () => (await get<List<Node>>("nodes")).items;
export const isReady = ({ status }: Node) => status.conditions.some((c) => c.type === "Ready" && c.status === "True");
export const podsOfDeployment = async () => (await get<List<Pod>>(`pods --selector app=${DEPLOYMENT}`)).items;

/** The outputs of the workers' stack. */
export const workersOutputs = async () => (await readWorkers(openStack(STACK))) as WorkersOutputs;

/** Runs a command on a worker, as a person would by `make ssh`. Throws everything that it printed when it fails. */
export async function onWorker(name: string, command: string): Promise<string> {
  const { nodes: all, ssh: byGroup } = await workersOutputs();
  const worker = all.find((node) => node.name === name)!;
  const ssh = new Ssh(byGroup[worker.group]!);
  const { code, stdout, stderr } = await ssh.run(worker, command).finally(() => ssh.close());
  if (code !== 0) throw new Error(`${name}: ${command}: ${code}\n${stdout}\n${stderr}`);
  return stdout;
}
