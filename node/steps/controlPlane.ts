import { HEALTH_HOST, HEALTH_PATH, paths, ports, units, users } from "../layout";
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
import { kubernetesRelease, ReleaseOptions } from "./releases";

export interface ControlPlaneStepOptions {
  apiserver: ApiserverOptions;
  controllerManager: ControllerManagerOptions;
  /** PEM of the Kubernetes, etcd and front-proxy authorities. */
  ca: string;
  etcdCa: string;
  frontProxyCa: string;
  /** PEM, PKIX. */
  serviceAccountPublicKey: string;
  release: ReleaseOptions;
}

/** One controller's API server, controller manager, scheduler and health proxy: ends when all of them are healthy. */
export function controlPlaneStep(o: ControlPlaneStepOptions): Step {
  return {
    name: "control-plane",
    users: [users.apiserver, users.controllerManager, users.scheduler, users.healthProxy],
    releases: [kubernetesRelease(o.release)],
    files: [
      publicFile(unitPath(units.apiserver), apiserverUnit(o.apiserver)),
      publicFile(unitPath(units.controllerManager), controllerManagerUnit(o.controllerManager)),
      publicFile(unitPath(units.scheduler), schedulerUnit()),
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

/** Packets between Pods and the machine's network: the instances may forward (canIpForward), so should their kernels. */
const SYSCTLS = "net.ipv4.ip_forward = 1\n";

export interface ControlPlaneSecrets {
  /** https://HOST:PORT of the API server on the same machine: a controller never depends on the front door. */
  localServer: string;
  clusterName: string;
  ca: KeyPair;
  apiserver: KeyPair;
  apiserverEtcdClient: KeyPair;
  kubeletClient: KeyPair;
  frontProxyClient: KeyPair;
  controllerManager: KeyPair;
  controllerManagerClient: KeyPair;
  scheduler: KeyPair;
  schedulerClient: KeyPair;
  healthClient: KeyPair;
  /** PEM. */
  serviceAccountKey: string;
  /** 32 bytes, base64. */
  encryptionKey: string;
}

/** The secret files of `controlPlaneStep`. */
export function controlPlaneSecrets(s: ControlPlaneSecrets): MachineFile[] {
  const config = (user: string, pem: KeyPair) =>
    kubeconfig({ server: s.localServer, ca: s.ca.certificate, cluster: s.clusterName, user, ...pem });
  return [
    ...keyPairFiles(paths.apiserver, s.apiserver, users.apiserver),
    ...keyPairFiles(paths.apiserverEtcdClient, s.apiserverEtcdClient, users.apiserver),
    ...keyPairFiles(paths.kubeletClient, s.kubeletClient, users.apiserver),
    ...keyPairFiles(paths.frontProxyClient, s.frontProxyClient, users.apiserver),
    secretFile(paths.serviceAccountKey, s.serviceAccountKey, users.apiserver),
    secretFile(paths.encryptionConfig, encryptionConfig(s.encryptionKey), users.apiserver),

    ...keyPairFiles(paths.controllerManager, s.controllerManager, users.controllerManager),
    secretFile(paths.caKey, s.ca.key, users.controllerManager),
    secretFile(paths.serviceAccountKeyForController, s.serviceAccountKey, users.controllerManager),
    secretFile(
      paths.controllerManagerKubeconfig,
      config("system:kube-controller-manager", s.controllerManagerClient),
      users.controllerManager,
    ),

    ...keyPairFiles(paths.scheduler, s.scheduler, users.scheduler),
    secretFile(paths.schedulerKubeconfig, config("system:kube-scheduler", s.schedulerClient), users.scheduler),

    ...keyPairFiles(paths.healthClient, s.healthClient, users.healthProxy),
  ];
}

const CURL = "curl --fail --silent --show-error --max-time 5";
const curlTls = `${CURL} --cacert ${paths.ca}`;

const APISERVER_SECONDS = 180;
/** The others start once the API server does: a machine whose API server does not come up says so first. */
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
    ...[paths.apiserver, paths.apiserverEtcdClient, paths.kubeletClient, paths.frontProxyClient].flatMap(keyPairPaths),
  ],
};

/** One of the two that serve nothing but their own health, on loopback, and know the API by a kubeconfig. */
const controller = (program: string, unit: string, port: number, reads: string[]): StepUnit => ({
  name: unit,
  check: `${curlTls} https://127.0.0.1:${port}/healthz`,
  timeoutSeconds: OTHERS_SECONDS,
  reads: [binary(program), unitPath(unit), paths.ca, paths.frontProxyCa, ...reads],
});

const controllerManager = controller("kube-controller-manager", units.controllerManager, ports.controllerManager, [
  paths.controllerManagerKubeconfig,
  paths.caKey,
  paths.serviceAccountKeyForController,
  ...keyPairPaths(paths.controllerManager),
]);

const scheduler = controller("kube-scheduler", units.scheduler, ports.scheduler, [
  paths.schedulerConfig,
  paths.schedulerKubeconfig,
  ...keyPairPaths(paths.scheduler),
]);

const healthProxy: StepUnit = {
  name: units.healthProxy,
  check: `${CURL} --header Host:${HEALTH_HOST} http://127.0.0.1:${ports.health}${HEALTH_PATH}`,
  timeoutSeconds: OTHERS_SECONDS,
  reads: [unitPath(units.healthProxy), paths.healthProxyConfig, paths.ca, ...keyPairPaths(paths.healthClient)],
};
