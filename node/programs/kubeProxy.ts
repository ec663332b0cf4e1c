import { stringify } from "yaml";
import { directories, workerDirectories, workerPaths, workerPorts, workerUsers } from "../layout";
import { binary, commandLine, hardening, renderUnit, RESTARTS_WITHOUT_LIMIT } from "../render/unit";

const OOM_SCORE = -999;

/** `node` is the Node's name, `clusterCidr` the Pods of all machines. */
export function kubeProxyConfig({ node, clusterCidr }: { node: string; clusterCidr: string }): string {
  return stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig: workerPaths.kubeProxyKubeconfig },
    hostnameOverride: node,
    mode: "nftables",
    clusterCIDR: clusterCidr,
    healthzBindAddress: `127.0.0.1:${workerPorts.kubeProxyHealth}`,
    metricsBindAddress: `127.0.0.1:${workerPorts.kubeProxyMetrics}`,
    // 0 leaves the kernel's own value. kube-proxy may change no kernel setting here.
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: "0s",
      tcpCloseWaitTimeout: "0s",
      udpTimeout: "0s",
      udpStreamTimeout: "0s",
    },
    oomScoreAdj: OOM_SCORE,
  });
}

/** kube-proxy runs `nft`, which changes the kernel's rules. That is all that it may do. */
export const kubeProxyUnit = (): string =>
  renderUnit({
    Unit: {
      Description: "Kubernetes kube-proxy",
      Documentation: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/",
      After: "network-online.target",
      Wants: "network-online.target",
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      User: workerUsers.kubeProxy,
      ExecStart: commandLine(binary("kube-proxy"), { config: workerPaths.kubeProxyConfig, v: 2 }),
      Restart: "always",
      RestartSec: 2,
      LimitNOFILE: 65536,
      OOMScoreAdjust: OOM_SCORE,
      ...hardening({
        code: [directories.releases, "/usr/sbin/nft", "/usr/lib"],
        reads: [workerDirectories.kubeProxy],
        capability: "CAP_NET_ADMIN",
        netlink: true,
      }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
