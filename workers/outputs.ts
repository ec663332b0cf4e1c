import type { SshOutput } from "../outputs";

/** What other stacks and tools learn about a worker. */
export interface NodeOutput {
  /** GROUP-N, also the name of its Node. */
  name: string;
  group: string;
  /** Machine type, image and disk, for people. */
  hardware: string;
  /** Name of its instance in the cloud. */
  instance: string;
  /** Google's number for the instance. A machine that is made again gets another one. */
  instanceId: string;
  zone: string;
  internalIp: string;
  externalIp: string;
  /** The range of its Pods' addresses. */
  podCidr: string;
  /** Its place in the ranges of the cluster (slots.ts). */
  slot: number;
  /** Which instance has joined, and when it was asked to: INSTANCE-ID MILLISECONDS. Absent until it has. */
  joined?: string;
}

/** The outputs of a stack of workers. */
export interface WorkersOutputs {
  nodes: NodeOutput[];
  /** How to reach the workers over SSH, by group. Secret. */
  ssh: Record<string, SshOutput>;
  /** MAJOR.MINOR.PATCH, of kubelet and kube-proxy. */
  kubernetesVersion: string;
}
