import { KUBE_PROXY_USER } from "../identities";
import { driftUnits, stepNames, workerPaths, workerPorts, workerUnits, workerUsers } from "../layout";
import {
  containerdConfig,
  containerdUnit,
  crictlConfig,
  registryHosts,
  registryHostsPath,
} from "../programs/containerd";
import { fileKubeconfig, tokenKubeconfig } from "../programs/kubeconfig";
import { KERNEL_DEFAULTS, kubeletConfig, kubeletUnit } from "../programs/kubelet";
import { kubeProxyConfig, kubeProxyUnit } from "../programs/kubeProxy";
import {
  KERNEL_MODULES,
  NETWORK_SYSCTLS,
  podNetworkCheck,
  podNetworkConfig,
  podNetworkRules,
  podNetworkUnit,
} from "../programs/podNetwork";
import { MachineFile, publicFile, secretFile } from "../render/file";
import { leafFiles } from "../render/keyPair";
import { Step, StepUnit } from "../render/step";
import { binary, unitPath } from "../render/unit";
import { driftFiles } from "./drift";
import { workerReleases } from "./releases";
import { WorkerSecrets, WorkerStepOptions } from "./workerOptions";

const { kubeletClient: CLIENT, bootstrapKubeconfig: BOOTSTRAP } = workerPaths;
/** kubelet's certificate and key are in one file, of which it makes a new one when it renews them. */
const kubeletClient = { certificate: CLIENT, key: CLIENT };

/**
 * Sets up containerd, kubelet, kube-proxy and the Pod network. Ends when all four are healthy, and the machine has joined the
 * cluster: kubelet has a client certificate. Its serving certificate and the Node's readiness are the cluster's matter.
 */
export function workerStep(o: WorkerStepOptions): Step {
  return {
    name: stepNames.worker,
    machine: o.machine.name,
    hardware: o.hardware,
    users: [workerUsers.kubeProxy],
    releases: workerReleases(o.releases),
    files: [
      ...containerdFiles(o),
      ...kubeletFiles(o),
      ...kubeProxyFiles(o),
      ...podNetworkFiles(o),
      publicFile(workerPaths.sysctls, sysctls({ ...NETWORK_SYSCTLS, ...KERNEL_DEFAULTS })),
      publicFile(workerPaths.modules, `${Object.keys(KERNEL_MODULES).join("\n")}\n`),
      ...driftFiles(),
    ],
    leaves: { [workerPaths.kubeProxyCa]: [workerPaths.kubeProxyClient.certificate] },
    alone: true,
    functions: "worker",
    stage: [`put_resolv_conf ${workerPaths.resolvConf}`, `skip_when_joined ${CLIENT} ${BOOTSTRAP}`],
    prepare: [
      ...Object.entries(KERNEL_MODULES).map(([name, shown]) => `need_kernel ${name} ${shown}`),
      `apply_sysctls ${workerPaths.sysctls}`,
      "install_package nftables /usr/sbin/nft",
      "systemctl daemon-reload",
      `systemctl enable --quiet --now ${driftUnits.timer}`,
    ],
    units: [kubelet, containerd, kubeProxy, podNetwork],
    finish: [`end_joining ${BOOTSTRAP}`],
  };
}

/** The secret files of `workerStep`. */
export function workerSecrets(o: Pick<WorkerStepOptions, "api" | "clusterName">, s: WorkerSecrets): MachineFile[] {
  const { bootstrapToken: token } = s;
  const bootstrap = tokenKubeconfig({ ...cluster(o), user: "kubelet-bootstrap", ca: workerPaths.kubeletCa, token });
  return [
    ...leafFiles(
      { kubeProxy: { file: workerPaths.kubeProxyClient, owner: workerUsers.kubeProxy } },
      { kubeProxy: s.kubeProxy },
    ),
    ...(token === "" ? [] : [secretFile(BOOTSTRAP, bootstrap, "root")]),
  ];
}

/** A file of root's that nobody else can read: CIS 4.1 asks for it even where there is no secret. */
const rootFile = (path: string, content: string): MachineFile => ({ ...publicFile(path, content), mode: "0600" });

const cluster = (o: Pick<WorkerStepOptions, "api" | "clusterName">) => ({
  server: o.api.endpoint,
  cluster: o.clusterName,
});

const containerdFiles = (o: WorkerStepOptions): MachineFile[] => [
  publicFile(unitPath(workerUnits.containerd), containerdUnit()),
  rootFile(workerPaths.containerdConfig, containerdConfig(o.pauseImage)),
  rootFile(registryHostsPath, registryHosts(o.imageMirror)),
  publicFile(workerPaths.crictlConfig, crictlConfig()),
];

const kubeletFiles = (o: WorkerStepOptions): MachineFile[] => [
  rootFile(unitPath(workerUnits.kubelet), kubeletUnit(o)),
  rootFile(workerPaths.kubeletConfig, kubeletConfig(o)),
  rootFile(
    workerPaths.kubeletKubeconfig,
    fileKubeconfig({ ...cluster(o), user: "kubelet", ca: workerPaths.kubeletCa, client: kubeletClient }),
  ),
  rootFile(workerPaths.kubeletCa, o.api.ca),
];

/** kube-proxy has a user of its own, so that user owns the files that it alone reads. */
function kubeProxyFiles(o: WorkerStepOptions): MachineFile[] {
  const { kubeProxyCa: ca, kubeProxyClient: client } = workerPaths;
  const own = (path: string, content: string) => ({
    ...publicFile(path, content),
    mode: "0400",
    owner: workerUsers.kubeProxy,
  });
  return [
    publicFile(unitPath(workerUnits.kubeProxy), kubeProxyUnit()),
    own(workerPaths.kubeProxyConfig, kubeProxyConfig({ node: o.machine.name, clusterCidr: o.clusterCidr })),
    own(workerPaths.kubeProxyKubeconfig, fileKubeconfig({ ...cluster(o), user: KUBE_PROXY_USER, ca, client })),
    publicFile(ca, o.api.ca),
  ];
}

const podNetworkFiles = (o: WorkerStepOptions): MachineFile[] => [
  publicFile(unitPath(workerUnits.podNetwork), podNetworkUnit()),
  rootFile(workerPaths.podNetworkRules, podNetworkRules(o)),
  rootFile(workerPaths.podNetworkConfig, podNetworkConfig(o.podCidr)),
];

/** Kernel settings in the syntax of sysctl.d. */
const sysctls = (settings: Record<string, number>): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join("");

const CURL = "curl --fail --silent --show-error --max-time 5";
const RUNTIME_SECONDS = 60;
/** kubelet has to reach the API and to get its certificate. */
const JOIN_SECONDS = 180;

/** The first one, by which a step tells whether the machine served before. */
const kubelet: StepUnit = {
  name: workerUnits.kubelet,
  check: `kubelet_works http://127.0.0.1:${workerPorts.kubeletHealth}/healthz ${CLIENT}`,
  timeoutSeconds: JOIN_SECONDS,
  reads: [
    binary("kubelet"),
    unitPath(workerUnits.kubelet),
    workerPaths.kubeletConfig,
    workerPaths.kubeletKubeconfig,
    workerPaths.kubeletCa,
  ],
};

/** runc and the shim are not among its files: each container starts with those that are there at that time. */
const containerd: StepUnit = {
  name: workerUnits.containerd,
  check: "crictl --timeout 5s version",
  timeoutSeconds: RUNTIME_SECONDS,
  reads: [binary("containerd"), unitPath(workerUnits.containerd), workerPaths.containerdConfig],
};

/** Waits for the Node, which kubelet makes. */
const kubeProxy: StepUnit = {
  name: workerUnits.kubeProxy,
  check: `${CURL} http://127.0.0.1:${workerPorts.kubeProxyHealth}/livez`,
  timeoutSeconds: JOIN_SECONDS + RUNTIME_SECONDS,
  reads: [
    binary("kube-proxy"),
    unitPath(workerUnits.kubeProxy),
    workerPaths.kubeProxyConfig,
    workerPaths.kubeProxyKubeconfig,
    workerPaths.kubeProxyCa,
  ],
};

const podNetwork: StepUnit = {
  name: workerUnits.podNetwork,
  check: podNetworkCheck,
  timeoutSeconds: RUNTIME_SECONDS,
  reads: [unitPath(workerUnits.podNetwork), workerPaths.podNetworkRules],
};
