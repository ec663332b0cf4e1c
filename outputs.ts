import * as pulumi from "@pulumi/pulumi";

/** A controller, as other stacks and tools see it. */
export interface ControllerOutput {
  /** controller-0, controller-1, … */
  name: string;
  /** Name of its instance in the cloud. */
  instance: string;
  zone: string;
  internalIp: string;
  externalIp: string;
}

/** How to reach the controllers over SSH. */
export interface SshOutput {
  user: string;
  /** OpenSSH format. */
  privateKey: string;
  /** `TYPE BASE64` by controller name. */
  hostKeys: Record<string, string>;
}

/** A stack's outputs: a contract with the stacks that read them by StackReference. */
export interface StackOutputs {
  /** https://PUBLIC_IP:6443 */
  endpoint: string;
  publicIp: string;
  /** An administrator's kubeconfig for the front door, YAML. Secret. */
  kubeconfig: string;
  /** The Kubernetes authority's certificate, PEM. */
  caCertificate: string;
  controllers: ControllerOutput[];
  /** Names in the cloud. */
  network: string;
  subnetwork: string;
  podCidr: string;
  serviceCidr: string;
  clusterDnsIp: string;
  /** MAJOR.MINOR.PATCH */
  kubernetesVersion: string;
  /** Secret. */
  ssh: SshOutput;
}

/** The same outputs as the program has them. */
export type ProgramOutputs = { [K in keyof StackOutputs]: pulumi.Output<StackOutputs[K]> };
