/** Names, numbers and paths on a machine that several files need. They are here so that they cannot drift apart. */

export const ports = {
  api: 6443,
  etcdClient: 2379,
  etcdPeer: 2380,
  controllerManager: 10257,
  scheduler: 10259,
  /** nginx, for Google's health checks. */
  health: 80,
} as const;

/**
 * Debian's and Ubuntu's images make SSH host keys of several types. This is the first that all SSH clients and servers agree on.
 */
export const HOST_KEY_TYPE = "ecdsa-sha2-nistp256";
export const HOST_KEY_FILE = "/etc/ssh/ssh_host_ecdsa_key.pub";

/** Host header of the health checks. nginx answers only requests with this header. */
export const HEALTH_HOST = "kubernetes.default.svc.cluster.local";
export const HEALTH_PATH = "/healthz";

/** The system user of each unit. The group has the same name. */
export const users = {
  etcd: "etcd",
  apiserver: "kube-apiserver",
  controllerManager: "kube-controller-manager",
  scheduler: "kube-scheduler",
  csrApprover: "kubelet-csr-approver",
  healthProxy: "health-proxy",
  etcdBackup: "etcd-backup",
} as const;

/** The names of the steps, in files on the machine and in what it says of them. */
export const stepNames = { etcd: "etcd", controlPlane: "control-plane", worker: "worker" } as const;

export const units = {
  etcd: "etcd.service",
  apiserver: "kube-apiserver.service",
  controllerManager: "kube-controller-manager.service",
  scheduler: "kube-scheduler.service",
  csrApprover: "kubelet-csr-approver.service",
  healthProxy: "nginx.service",
} as const;

/** Waits until this machine is to leave the etcd cluster. It serves nobody, so it is not among `units`. */
export const leaveUnit = "etcd-leave.service";

/** All that run all the time. */
export const residentUnits = [...Object.values(units), leaveUnit];

/** The units that take backups. The service ends after each run, so it is not among `units`, which run all the time. */
export const backupUnits = {
  /** A template: the timer starts it as "due", and a person as "now". */
  service: "etcd-backup@.service",
  due: "etcd-backup@due.service",
  now: "etcd-backup@now.service",
  timer: "etcd-backup.timer",
} as const;

/** The units that look for changes which no step has made. */
export const driftUnits = { service: "hardway-drift.service", timer: "hardway-drift.timer" } as const;

export const directories = {
  /** What steps know about the machine from one run to the next. */
  state: "/var/lib/hardway",
  /** Verified downloads, with one directory for each version. */
  releases: "/opt/hardway",
  binaries: "/usr/local/bin",
  units: "/etc/systemd/system",
  etcdPki: "/etc/etcd/pki",
  etcdData: "/var/lib/etcd",
  etcdBackups: "/var/lib/etcd-backup",
  kubernetes: "/var/lib/kubernetes",
  pki: "/var/lib/kubernetes/pki",
  config: "/etc/kubernetes/config",
  auditLog: "/var/log/kubernetes",
} as const;

/** Paths of a certificate and its private key on a machine. */
export interface KeyPairPaths {
  certificate: string;
  key: string;
}

const pair = (directory: string, name: string): KeyPairPaths => ({
  certificate: `${directory}/${name}.crt`,
  key: `${directory}/${name}.key`,
});

export const paths = {
  etcdCa: `${directories.etcdPki}/ca.crt`,
  etcdServer: pair(directories.etcdPki, "server"),
  etcdPeer: pair(directories.etcdPki, "peer"),
  /** For an operator who runs `etcdctl` on the machine as root. */
  etcdOperator: pair(directories.etcdPki, "operator"),
  etcdBackupClient: pair(directories.etcdPki, "backup"),
  /** Backups are encrypted for it. No machine has its private key. */
  backupRecipient: "/etc/etcd/backup-recipient.crt",
  backupScript: "/usr/local/sbin/etcd-backup",

  ca: `${directories.pki}/ca.crt`,
  caKey: `${directories.pki}/ca.key`,
  apiserver: pair(directories.pki, "apiserver"),
  apiserverEtcdCa: `${directories.pki}/etcd-ca.crt`,
  apiserverEtcdClient: pair(directories.pki, "apiserver-etcd-client"),
  kubeletClient: pair(directories.pki, "apiserver-kubelet-client"),
  frontProxyCa: `${directories.pki}/front-proxy-ca.crt`,
  frontProxyClient: pair(directories.pki, "front-proxy-client"),
  serviceAccountPublicKey: `${directories.pki}/service-account.pub`,
  /** kube-apiserver and kube-controller-manager sign with the same key. Each has a copy that only it can read. */
  serviceAccountKey: `${directories.pki}/service-account.key`,
  serviceAccountKeyForControllerManager: `${directories.pki}/service-account-controller-manager.key`,
  controllerManager: pair(directories.pki, "controller-manager"),
  controllerManagerClient: pair(directories.pki, "controller-manager-client"),
  scheduler: pair(directories.pki, "scheduler"),
  schedulerClient: pair(directories.pki, "scheduler-client"),
  csrApproverClient: pair(directories.pki, "csr-approver-client"),
  healthClient: pair(directories.pki, "health-client"),

  encryptionConfig: `${directories.kubernetes}/encryption-config.yaml`,
  controllerManagerKubeconfig: `${directories.kubernetes}/kube-controller-manager.kubeconfig`,
  schedulerKubeconfig: `${directories.kubernetes}/kube-scheduler.kubeconfig`,
  csrApproverKubeconfig: `${directories.kubernetes}/kubelet-csr-approver.kubeconfig`,
  schedulerConfig: `${directories.config}/kube-scheduler.yaml`,
  admissionConfig: `${directories.config}/admission.yaml`,
  auditPolicy: `${directories.config}/audit-policy.yaml`,
  auditLog: `${directories.auditLog}/audit.log`,
  healthProxyConfig: "/etc/nginx/health-proxy.conf",
  /** The controllers, for scripts: NAME ADDRESS, one a line. */
  members: "/etc/hardway/members",
  /** The script that systemd runs around etcd. */
  etcdMember: "/usr/local/libexec/hardway/etcd-member",
  csrApproverScript: "/usr/local/libexec/hardway/kubelet-csr-approver",
  driftScript: "/usr/local/libexec/hardway/drift",
  /** What etcdMember tells etcd about the cluster. */
  etcdEnvironment: "/run/hardway/etcd.env",
  sysctls: "/etc/sysctl.d/90-hardway.conf",
} as const;

/** The ports of a worker. */
export const workerPorts = {
  /** The API server connects to it for logs, exec and metrics. */
  kubelet: 10250,
  /** On loopback, as the next two. */
  kubeletHealth: 10248,
  kubeProxyHealth: 10256,
  kubeProxyMetrics: 10249,
} as const;

/** The system users of a worker. kubelet and containerd run as root, because they mount and start containers. */
export const workerUsers = { kubeProxy: "kube-proxy" } as const;

export const workerUnits = {
  containerd: "containerd.service",
  kubelet: "kubelet.service",
  kubeProxy: "kube-proxy.service",
  /** Lets Pods reach addresses outside of the network. It ends after it has told the kernel, and stays active. */
  podNetwork: "hardway-pod-network.service",
} as const;

export const workerDirectories = {
  kubelet: "/var/lib/kubelet",
  kubeProxy: "/var/lib/kube-proxy",
  cniPlugins: "/opt/cni/bin",
  /** Where containerd looks for the mirrors of each registry. */
  registries: "/etc/containerd/certs.d",
} as const;

export const workerPaths = {
  /** kubelet and kube-proxy each have a copy of the Kubernetes authority. kubelet's can be read by root alone, as CIS 4.1.7 asks. */
  kubeletCa: `${workerDirectories.kubelet}/ca.crt`,
  kubeProxyCa: `${workerDirectories.kubeProxy}/ca.crt`,
  kubeletConfig: `${directories.config}/kubelet.yaml`,
  /** What kubelet starts with. kubelet itself writes into its copy. */
  kubeletKubeconfig: `${directories.config}/kubelet.kubeconfig`,
  kubeletKubeconfigCopy: `${workerDirectories.kubelet}/kubeconfig`,
  /** Has the bootstrap token. It is there only while the machine joins. */
  bootstrapKubeconfig: `${workerDirectories.kubelet}/bootstrap.kubeconfig`,
  /** kubelet's client certificate and key, which it renews by itself. */
  kubeletClient: `${workerDirectories.kubelet}/pki/kubelet-client-current.pem`,
  /** The name servers that Pods with `dnsPolicy: Default` use. */
  resolvConf: `${directories.config}/resolv.conf`,
  kubeProxyConfig: `${directories.config}/kube-proxy.yaml`,
  kubeProxyKubeconfig: `${workerDirectories.kubeProxy}/kubeconfig`,
  kubeProxyClient: pair(workerDirectories.kubeProxy, "client"),
  containerdConfig: "/etc/containerd/config.toml",
  containerdSocket: "/run/containerd/containerd.sock",
  crictlConfig: "/etc/crictl.yaml",
  podNetworkConfig: "/etc/cni/net.d/10-hardway.conflist",
  podNetworkRules: "/etc/hardway/pod-network.nft",
  modules: "/etc/modules-load.d/hardway.conf",
  sysctls: paths.sysctls,
} as const;
