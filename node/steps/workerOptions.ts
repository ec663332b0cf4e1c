import { KeyPair } from "../render/keyPair";
import { WorkerReleases } from "./releases";

/** A taint that a node has from when it registers. */
export interface Taint {
  key: string;
  value: string;
  effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

export interface WorkerStepOptions {
  machine: {
    /** The machine's name within the cluster, and the Node's. */
    name: string;
    /** The machine's internal address. */
    address: string;
  };
  /** The machine's hardware, for people. */
  hardware: string;
  /** The Pods of this machine: a CIDR within `clusterCidr` that no other machine has. The network must route it here. */
  podCidr: string;
  /** The Pods of all machines. */
  clusterCidr: string;
  /** The machines' subnet. */
  subnetCidr: string;
  /** The Node's labels. kubelet sets them when it registers the Node, and never again. */
  labels: Record<string, string>;
  /** The Node's taints. kubelet sets them when it registers the Node, and never again. */
  taints: Taint[];
  api: {
    /** https://HOST:PORT */
    endpoint: string;
    /** The Kubernetes authority, PEM. */
    ca: string;
  };
  clusterName: string;
  clusterDomain: string;
  /** The Service address of the cluster's DNS. */
  clusterDnsIp: string;
  releases: WorkerReleases;
  /** URL of a mirror of registry.k8s.io; "" for none. */
  imageMirror: string;
  /** The image that holds a Pod's namespaces. */
  pauseImage: string;
  /** The most Pods on the machine. */
  maxPods: number;
}

export interface WorkerSecrets {
  /** ID.SECRET. Of use only while the machine joins; "" for a machine that has joined. */
  bootstrapToken: string;
  /** kube-proxy's client certificate, of the user system:kube-proxy, signed by the Kubernetes authority. */
  kubeProxy: KeyPair;
}
