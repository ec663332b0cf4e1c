import { controlPlaneLeaves, keyPairsOf, kubeconfigsOf, Leaf } from "../certificates";
import { HEALTH_HOST, HEALTH_PATH, paths, ports, stepNames, units, users } from "../layout";
import { admissionConfig } from "../programs/admission";
import { ApiserverOptions, apiserverUnit } from "../programs/apiserver";
import { auditPolicy } from "../programs/audit";
import { ControllerManagerOptions, controllerManagerUnit } from "../programs/controllerManager";
import { encryptionConfig } from "../programs/encryption";
import { healthProxyConfig, healthProxyUnit } from "../programs/healthProxy";
import { kubeconfig } from "../programs/kubeconfig";
import { schedulerConfig, schedulerUnit } from "../programs/scheduler";
import { MachineFile, publicFile, secretFile } from "../render/file";
import { KeyPair, keyPairFiles, keyPairPaths } from "../render/keyPair";
import { Step, StepUnit } from "../render/step";
import { binary, unitPath } from "../render/unit";
import { CONTROL_PLANE_PROGRAMS, kubernetesRelease, ReleaseOptions } from "./releases";

export interface ControlPlaneStepOptions {
  /** The machine's name within the cluster. */
  machine: string;
  /** The machine's hardware, for people. */
  hardware: string;
  apiserver: Omit<ApiserverOptions, "version">;
  controllerManager: Omit<ControllerManagerOptions, "version">;
  /** PEM of the Kubernetes, etcd and front-proxy authorities. */
  ca: string;
  etcdCa: string;
  frontProxyCa: string;
  /** PEM, PKIX. */
  serviceAccountPublicKey: string;
  release: ReleaseOptions;
}

/** Sets up kube-apiserver, kube-controller-manager, kube-scheduler and the health proxy. Ends when all four are healthy. */
export function controlPlaneStep(o: ControlPlaneStepOptions): Step {
  return {
    name: stepNames.controlPlane,
    machine: o.machine,
    hardware: o.hardware,
    users: [users.apiserver, users.controllerManager, users.scheduler, users.healthProxy],
    releases: [kubernetesRelease(o.release, CONTROL_PLANE_PROGRAMS)],
    files: [
      publicFile(unitPath(units.apiserver), apiserverUnit({ ...o.apiserver, version: o.release.version })),
      publicFile(
        unitPath(units.controllerManager),
        controllerManagerUnit({ ...o.controllerManager, version: o.release.version }),
      ),
      publicFile(unitPath(units.scheduler), schedulerUnit(o.release.version)),
      publicFile(unitPath(units.healthProxy), healthProxyUnit()),
      publicFile(paths.healthProxyConfig, healthProxyConfig()),
      publicFile(paths.sysctls, SYSCTLS),
      publicFile(paths.schedulerConfig, schedulerConfig()),
      publicFile(paths.admissionConfig, admissionConfig()),
      publicFile(paths.auditPolicy, auditPolicy()),
      publicFile(paths.ca, o.ca),
      publicFile(paths.apiserverEtcdCa, o.etcdCa),
      publicFile(paths.frontProxyCa, o.frontProxyCa),
      publicFile(paths.serviceAccountPublicKey, o.serviceAccountPublicKey),
    ],
    prepare: [`apply_sysctls ${paths.sysctls}`, "install_package nginx-light /usr/sbin/nginx"],
    units: [apiserver, controllerManager, scheduler, healthProxy],
  };
}

/** Lets the kernel forward packets between Pods and the network, which the instance's canIpForward allows. */
const SYSCTLS = "net.ipv4.ip_forward = 1\n";

export interface ControlPlaneSecrets {
  /** https://HOST:PORT of the API server on the same machine, so that a controller never depends on the front door. */
  localServer: string;
  clusterName: string;
  /** The Kubernetes authority. */
  ca: KeyPair;
  leaves: Record<keyof typeof controlPlaneLeaves, KeyPair>;
  /** PEM. */
  serviceAccountKey: string;
  /** 32 bytes, base64. */
  encryptionKey: string;
}

/** The secret files of `controlPlaneStep`, grouped by program. */
export function controlPlaneSecrets(s: ControlPlaneSecrets): MachineFile[] {
  const config = (user: string, pem: KeyPair) =>
    kubeconfig({ server: s.localServer, ca: s.ca.certificate, cluster: s.clusterName, user, ...pem });
  const leavesOf = (owner: string) =>
    Object.entries<Leaf>(controlPlaneLeaves)
      .filter(([, leaf]) => leaf.owner === owner)
      .map(([name, leaf]) => ({ leaf, pem: s.leaves[name as keyof typeof controlPlaneLeaves] }));
  const pairs = (owner: string) =>
    leavesOf(owner).flatMap(({ leaf: { file }, pem }) => (file && "key" in file ? keyPairFiles(file, pem, owner) : []));
  const kubeconfigs = (owner: string) =>
    leavesOf(owner).flatMap(({ leaf: { file, commonName }, pem }) =>
      file && "kubeconfig" in file ? [secretFile(file.kubeconfig, config(String(commonName), pem), owner)] : [],
    );
  const { apiserver, controllerManager } = users;
  /** Secrets that are not leaves, by the user that reads them. */
  const others: Record<string, MachineFile[]> = {
    [apiserver]: [
      secretFile(paths.serviceAccountKey, s.serviceAccountKey, apiserver),
      secretFile(paths.encryptionConfig, encryptionConfig(s.encryptionKey), apiserver),
    ],
    [controllerManager]: [
      secretFile(paths.caKey, s.ca.key, controllerManager),
      secretFile(paths.serviceAccountKeyForControllerManager, s.serviceAccountKey, controllerManager),
    ],
  };
  const owners = new Set(Object.values(controlPlaneLeaves).map(({ owner }) => owner));
  return [...owners].flatMap((owner) => [...pairs(owner), ...(others[owner] ?? []), ...kubeconfigs(owner)]);
}

const CURL = "curl --fail --silent --show-error --max-time 5";
const curlTls = `${CURL} --cacert ${paths.ca}`;

const APISERVER_SECONDS = 180;
/** Longer, because the others wait for the API server. If it does not come up, its failure must be reported first. */
const OTHERS_SECONDS = APISERVER_SECONDS + 60;

const apiserver: StepUnit = {
  name: units.apiserver,
  check: `${curlTls} --cert ${paths.healthClient.certificate} --key ${paths.healthClient.key} https://127.0.0.1:${ports.api}/readyz`,
  timeoutSeconds: APISERVER_SECONDS,
  reads: [
    binary("kube-apiserver"),
    unitPath(units.apiserver),
    paths.admissionConfig,
    paths.auditPolicy,
    paths.encryptionConfig,
    paths.ca,
    paths.apiserverEtcdCa,
    paths.frontProxyCa,
    paths.serviceAccountPublicKey,
    paths.serviceAccountKey,
    ...keyPairsOf(users.apiserver).flatMap(keyPairPaths),
  ],
};

/** A program that connects to the API with a kubeconfig, and listens only on loopback. */
const apiClient = (program: string, unit: string, port: number, reads: string[]): StepUnit => ({
  name: unit,
  check: `${curlTls} https://127.0.0.1:${port}/healthz`,
  timeoutSeconds: OTHERS_SECONDS,
  reads: [binary(program), unitPath(unit), paths.ca, paths.frontProxyCa, ...reads],
});

const controllerManager = apiClient("kube-controller-manager", units.controllerManager, ports.controllerManager, [
  ...kubeconfigsOf(users.controllerManager),
  paths.caKey,
  paths.serviceAccountKeyForControllerManager,
  ...keyPairsOf(users.controllerManager).flatMap(keyPairPaths),
]);

const scheduler = apiClient("kube-scheduler", units.scheduler, ports.scheduler, [
  paths.schedulerConfig,
  ...kubeconfigsOf(users.scheduler),
  ...keyPairsOf(users.scheduler).flatMap(keyPairPaths),
]);

const healthProxy: StepUnit = {
  name: units.healthProxy,
  check: `${CURL} --header Host:${HEALTH_HOST} http://127.0.0.1:${ports.health}${HEALTH_PATH}`,
  timeoutSeconds: OTHERS_SECONDS,
  reads: [
    unitPath(units.healthProxy),
    paths.healthProxyConfig,
    paths.ca,
    ...keyPairsOf(users.healthProxy).flatMap(keyPairPaths),
  ],
};
