import { byAuthority, controlPlaneLeaves } from "../certificates";
import { HEALTH_HOST, HEALTH_PATH, paths, ports, stepNames, units, users } from "../layout";
import { admissionConfig } from "../programs/admission";
import { ApiserverOptions, apiserverUnit } from "../programs/apiserver";
import { auditPolicy } from "../programs/audit";
import { ControllerManagerOptions, controllerManagerUnit } from "../programs/controllerManager";
import { CSR_APPROVER_CHECK, csrApproverScript, csrApproverUnit } from "../programs/csrApprover";
import { encryptionConfig } from "../programs/encryption";
import { healthProxyConfig, healthProxyUnit } from "../programs/healthProxy";
import { fileKubeconfig } from "../programs/kubeconfig";
import { schedulerConfig, schedulerUnit } from "../programs/scheduler";
import { MachineFile, publicFile, secretFile } from "../render/file";
import { KeyPair, leafFiles } from "../render/keyPair";
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

/**
 * Sets up kube-apiserver, kube-controller-manager, kube-scheduler, the approver of kubelets' certificates and the health proxy. Ends when
 * all five are healthy.
 */
export function controlPlaneStep(o: ControlPlaneStepOptions): Step {
  return {
    name: stepNames.controlPlane,
    machine: o.machine,
    hardware: o.hardware,
    users: [users.apiserver, users.controllerManager, users.scheduler, users.csrApprover, users.healthProxy],
    releases: [kubernetesRelease(o.release, CONTROL_PLANE_PROGRAMS)],
    files: [
      publicFile(unitPath(units.apiserver), apiserverUnit({ ...o.apiserver, version: o.release.version })),
      publicFile(
        unitPath(units.controllerManager),
        controllerManagerUnit({ ...o.controllerManager, version: o.release.version }),
      ),
      publicFile(unitPath(units.scheduler), schedulerUnit(o.release.version)),
      publicFile(unitPath(units.csrApprover), csrApproverUnit()),
      { ...publicFile(paths.csrApproverScript, csrApproverScript()), mode: "0755" },
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
      kubeconfigFile("controllerManagerClient", paths.controllerManagerKubeconfig, o),
      kubeconfigFile("schedulerClient", paths.schedulerKubeconfig, o),
      kubeconfigFile("csrApproverClient", paths.csrApproverKubeconfig, o),
    ],
    leaves: byAuthority(controlPlaneLeaves, {
      kubernetes: paths.ca,
      etcd: paths.apiserverEtcdCa,
      frontProxy: paths.frontProxyCa,
    }),
    prepare: [`apply_sysctls ${paths.sysctls}`, "install_package nginx-light /usr/sbin/nginx"],
    units: [apiserver, controllerManager, scheduler, csrApprover, healthProxy],
  };
}

/** Lets the kernel forward packets between Pods and the network, which the instance's canIpForward allows. */
const SYSCTLS = "net.ipv4.ip_forward = 1\n";

/** Its server is the API server on the same machine, so that a controller never depends on the front door. */
function kubeconfigFile(
  name: "controllerManagerClient" | "schedulerClient" | "csrApproverClient",
  path: string,
  { controllerManager: { clusterName: cluster } }: ControlPlaneStepOptions,
): MachineFile {
  const { commonName: user, file: client, owner } = controlPlaneLeaves[name];
  const content = fileKubeconfig({ server: `https://127.0.0.1:${ports.api}`, cluster, user, ca: paths.ca, client });
  return { path, content, mode: "0400", owner };
}

export interface ControlPlaneSecrets {
  /** The Kubernetes authority. */
  ca: KeyPair;
  leaves: Record<keyof typeof controlPlaneLeaves, KeyPair>;
  /** PEM. */
  serviceAccountKey: string;
  /** 32 bytes, base64. */
  encryptionKey: string;
}

/** The secret files of `controlPlaneStep`. */
export function controlPlaneSecrets(s: ControlPlaneSecrets): MachineFile[] {
  const { apiserver, controllerManager } = users;
  return [
    ...leafFiles(controlPlaneLeaves, s.leaves),
    secretFile(paths.serviceAccountKey, s.serviceAccountKey, apiserver),
    secretFile(paths.encryptionConfig, encryptionConfig(s.encryptionKey), apiserver),
    secretFile(paths.caKey, s.ca.key, controllerManager),
    secretFile(paths.serviceAccountKeyForControllerManager, s.serviceAccountKey, controllerManager),
  ];
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
  paths.controllerManagerKubeconfig,
  paths.caKey,
  paths.serviceAccountKeyForControllerManager,
]);

const scheduler = apiClient("kube-scheduler", units.scheduler, ports.scheduler, [
  paths.schedulerConfig,
  paths.schedulerKubeconfig,
]);

const csrApprover: StepUnit = {
  name: units.csrApprover,
  check: CSR_APPROVER_CHECK,
  timeoutSeconds: OTHERS_SECONDS,
  // Each kubectl that it runs reads the authority and the kubeconfig again.
  reads: [unitPath(units.csrApprover), paths.csrApproverScript],
};

const healthProxy: StepUnit = {
  name: units.healthProxy,
  check: `${CURL} --header Host:${HEALTH_HOST} http://127.0.0.1:${ports.health}${HEALTH_PATH}`,
  timeoutSeconds: OTHERS_SECONDS,
  reads: [unitPath(units.healthProxy), paths.healthProxyConfig, paths.ca],
  reloads: true,
};
