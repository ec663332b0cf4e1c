import { KubeletOptions } from "../programs/kubelet";
import { PodNetworkOptions } from "../programs/podNetwork";
import { KeyPair } from "../render/keyPair";
import { WorkerReleases } from "./releases";

export interface WorkerStepOptions extends KubeletOptions, PodNetworkOptions {
  /** The machine's hardware, for people. */
  hardware: string;
  api: {
    /** https://HOST:PORT */
    endpoint: string;
    /** The Kubernetes authority, PEM. */
    ca: string;
  };
  clusterName: string;
  releases: WorkerReleases;
  /** URL of a mirror of registry.k8s.io; "" for none. */
  imageMirror: string;
  /** The image that holds a Pod's namespaces. */
  pauseImage: string;
}

export interface WorkerSecrets {
  /** ID.SECRET. Of use only while the machine joins; "" for a machine that has joined. */
  bootstrapToken: string;
  /** kube-proxy's client certificate, of the user system:kube-proxy, signed by the Kubernetes authority. */
  kubeProxy: KeyPair;
}
