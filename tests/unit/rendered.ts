import { controlPlaneLeaves, etcdLeaves } from "../../node/certificates";
import { etcdServer } from "../../node/programs/etcd";
import { MachineFile } from "../../node/render/file";
import { renderStep, Step } from "../../node/render/step";
import { controlPlaneSecrets, controlPlaneStep } from "../../node/steps/controlPlane";
import { etcdSecrets, etcdStep } from "../../node/steps/etcd";
import { controllerPrefetch, workerPrefetch, WorkerReleases } from "../../node/steps/releases";
import { workerSecrets, workerStep } from "../../node/steps/worker";
import { WorkerStepOptions } from "../../node/steps/workerOptions";
import { mapValues } from "../../node/values";

/** Everything that controller-1 of three and worker-0 get, with made-up secrets, for tests of rendered text. */

const members = [0, 1, 2].map((i) => ({ name: `controller-${i}`, address: `10.240.0.1${i}` }));
const member = members[1]!;
const pem = (name: string) => ({ certificate: `CERTIFICATE ${name}\n`, key: `KEY ${name}\n` });

const etcdRelease = (version: string) => ({ mirror: "https://mirror.example/etcd", version });
const kubernetesRelease = (version: string) => ({ mirror: "https://mirror.example/kubernetes", version });

export interface Rendered {
  step: Step;
  secrets: MachineFile[];
}

export const renderedEtcd = (version: string): Rendered => ({
  step: etcdStep({
    hardware: "e2-standard-2",
    member,
    members,
    clusterToken: "hardway-test",
    release: etcdRelease(version),
    ca: "CA etcd\n",
    backup: { clusterName: "hardway-test", recipient: "CERTIFICATE backup\n", intervalHours: 6, kept: 8 },
  }),
  secrets: etcdSecrets(mapValues(etcdLeaves, (leaf) => pem(leaf.role))),
});

export const renderedControlPlane = (version: string): Rendered => ({
  step: controlPlaneStep({
    machine: member.name,
    hardware: "e2-standard-2",
    apiserver: {
      address: member.address,
      publicIp: "203.0.113.99",
      etcdServer: etcdServer(member),
      serviceCidr: "10.32.0.0/24",
      nodePortRange: "30000-32767",
      eventTtl: "1h",
      auditMaxAgeDays: 30,
      auditMaxBackups: 3,
      auditMaxSizeMb: 100,
      maxRequestsInflight: 400,
      maxMutatingRequestsInflight: 200,
      drainSeconds: 30,
    },
    controllerManager: {
      clusterName: "hardway-test",
      podCidr: "10.200.0.0/16",
      serviceCidr: "10.32.0.0/24",
      signedCertificateDays: 365,
    },
    ca: "CA kubernetes\n",
    etcdCa: "CA etcd\n",
    frontProxyCa: "CA front proxy\n",
    serviceAccountPublicKey: "PUBLIC service-account\n",
    release: kubernetesRelease(version),
  }),
  secrets: controlPlaneSecrets({
    ca: pem("kubernetes-ca"),
    leaves: mapValues(controlPlaneLeaves, (leaf) => pem(leaf.role)),
    serviceAccountKey: "KEY service-account\n",
    encryptionKey: "KEY encryption",
  }),
});

export const workerReleasesOf = (version: string): WorkerReleases => ({
  kubernetes: kubernetesRelease(version),
  containerd: { mirror: "https://mirror.example/containerd", version: "2.4.2" },
  runc: { mirror: "https://mirror.example/runc", version: "1.5.0" },
  cni: { mirror: "https://mirror.example/cni", version: "1.10.0" },
  criTools: { mirror: "https://mirror.example/cri-tools", version: "1.37.0" },
});

/** `version` is that of Kubernetes. */
export const workerOptions = (version: string): WorkerStepOptions => ({
  machine: { name: "worker-0", address: "10.240.0.20" },
  hardware: "e2-standard-2",
  podCidr: "10.200.3.0/24",
  clusterCidr: "10.200.0.0/16",
  subnetCidr: "10.240.0.0/24",
  api: { endpoint: "https://203.0.113.99:6443", ca: "CA kubernetes\n" },
  clusterName: "hardway-test",
  clusterDomain: "cluster.local",
  clusterDnsIp: "10.32.0.10",
  releases: workerReleasesOf(version),
  imageMirror: "http://203.0.113.3",
  pauseImage: "registry.k8s.io/pause:3.10.1",
  maxPods: 110,
});

export function renderedWorker(version: string, bootstrapToken = "abcdef.0123456789abcdef"): Rendered {
  const options = workerOptions(version);
  const secrets = workerSecrets(options, { bootstrapToken, kubeProxy: pem("kube-proxy") });
  return { step: workerStep(options), secrets };
}

/** The script that a machine runs, without the secret files that follow it. */
export const scriptOf = ({ step }: Rendered): string => renderStep(step, []);

export const renderedStartup = (etcd: string, kubernetes: string): string =>
  controllerPrefetch(etcdRelease(etcd), kubernetesRelease(kubernetes));

export const renderedWorkerStartup = (kubernetes: string): string => workerPrefetch(workerReleasesOf(kubernetes));
