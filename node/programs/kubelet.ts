import { stringify } from "yaml";
import { workerPaths, workerPorts, workerUnits } from "../layout";
import { binary, commandLine, Flags, renderUnit, RESTARTS_WITHOUT_LIMIT } from "../render/unit";
import { CGROUP_DRIVER } from "./containerd";
import { CIPHER_SUITES } from "./tls";

/** Whether kubelet refuses to start when the kernel's settings are not `KERNEL_DEFAULTS`, instead of changing them (CIS 4.2.6). */
export const PROTECT_KERNEL_DEFAULTS = true;

/** The kernel settings that kubelet wants. Their values are those of kubelet's own source (pkg/kubelet/cm). */
export const KERNEL_DEFAULTS = {
  "vm.overcommit_memory": 1,
  "vm.panic_on_oom": 0,
  "kernel.panic": 10,
  "kernel.panic_on_oops": 1,
  "kernel.keys.root_maxkeys": 1000000,
  "kernel.keys.root_maxbytes": 25000000,
} as const;

export interface KubeletOptions {
  machine: {
    /** The machine's name within the cluster, and the Node's. */
    name: string;
    /** The machine's internal address. */
    address: string;
  };
  clusterDomain: string;
  /** The Service address of the cluster's DNS. */
  clusterDnsIp: string;
  /** The most Pods on the machine. */
  maxPods: number;
}

export function kubeletConfig(o: KubeletOptions): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: o.machine.address,
    port: workerPorts.kubelet,
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
    healthzPort: workerPorts.kubeletHealth,

    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: workerPaths.kubeletCa },
    },
    authorization: { mode: "Webhook" },
    // Both certificates come from the cluster, which signs the serving one only after its names were looked at.
    rotateCertificates: true,
    serverTLSBootstrap: true,
    tlsMinVersion: "VersionTLS12",
    tlsCipherSuites: CIPHER_SUITES,
    streamingConnectionIdleTimeout: "4h",
    enableProfilingHandler: false,
    enableDebugFlagsHandler: false,

    clusterDomain: o.clusterDomain,
    clusterDNS: [o.clusterDnsIp],
    resolvConf: workerPaths.resolvConf,

    containerRuntimeEndpoint: `unix://${workerPaths.containerdSocket}`,
    cgroupDriver: CGROUP_DRIVER,
    // A host of the local cloud may still have control groups of version 1, and swap. Pods get none of it.
    failCgroupV1: false,
    failSwapOn: false,
    memorySwap: { swapBehavior: "NoSwap" },
    protectKernelDefaults: PROTECT_KERNEL_DEFAULTS,
    makeIPTablesUtilChains: true,
    seccompDefault: true,

    maxPods: o.maxPods,
    podPidsLimit: 4096,
    eventRecordQPS: 50,
    serializeImagePulls: false,
    maxParallelImagePulls: 4,

    // For the system's own programs, and for containerd and kubelet.
    systemReserved: { cpu: "100m", memory: "128Mi", "ephemeral-storage": "1Gi" },
    kubeReserved: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "1Gi" },
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": "5%",
      "nodefs.inodesFree": "5%",
      "imagefs.available": "5%",
    },
    shutdownGracePeriod: "30s",
    shutdownGracePeriodCriticalPods: "10s",
  });
}

export const kubeletFlags = ({ machine }: KubeletOptions): Flags => ({
  config: workerPaths.kubeletConfig,
  "hostname-override": machine.name,
  "node-ip": machine.address,
  "bootstrap-kubeconfig": workerPaths.bootstrapKubeconfig,
  kubeconfig: workerPaths.kubeletKubeconfigCopy,
  v: 2,
});

/**
 * Runs as root and without a file system of its own: it mounts volumes that containers must see. Its files keep the modes that Pods
 * expect, so it has the usual umask.
 *
 * kubelet looks for a certificate where its kubeconfig says. When there is none that is still valid, it gets one by the bootstrap
 * kubeconfig, and writes a kubeconfig itself. So it works on a copy, which is made anew at each start.
 */
export const kubeletUnit = (options: KubeletOptions): string =>
  renderUnit({
    Unit: {
      Description: "Kubernetes kubelet",
      Documentation: "https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/",
      After: `network-online.target ${workerUnits.containerd} ${workerUnits.podNetwork}`,
      Wants: `network-online.target ${workerUnits.containerd}`,
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      ExecStartPre: `/usr/bin/install -m 0600 ${workerPaths.kubeletKubeconfig} ${workerPaths.kubeletKubeconfigCopy}`,
      ExecStart: commandLine(binary("kubelet"), kubeletFlags(options)),
      Restart: "always",
      RestartSec: 2,
      LimitNOFILE: 1048576,
      OOMScoreAdjust: -999,
      NoNewPrivileges: true,
      LockPersonality: true,
      RestrictRealtime: true,
      RestrictAddressFamilies: "AF_INET AF_INET6 AF_NETLINK AF_UNIX",
      SystemCallArchitectures: "native",
    },
    Install: { WantedBy: "multi-user.target" },
  });
