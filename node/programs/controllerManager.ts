import { directories, paths, ports, users } from "../layout";
import { kubernetesMinor } from "../versions";
import { servingFlags } from "./tls";
import { binary, commandLine, Flags, hardening, renderUnit, RESTARTS_WITHOUT_LIMIT } from "../render/unit";

export interface ControllerManagerOptions {
  /** Version of Kubernetes, MAJOR.MINOR.PATCH. */
  version: string;
  clusterName: string;
  podCidr: string;
  serviceCidr: string;
  /** Days for which a certificate is valid that this cluster signs for a CertificateSigningRequest. */
  signedCertificateDays: number;
}

export function controllerManagerFlags(o: ControllerManagerOptions): Flags {
  const kubeconfig = paths.controllerManagerKubeconfig;
  return {
    "bind-address": "127.0.0.1",
    "secure-port": ports.controllerManager,
    kubeconfig,
    "authentication-kubeconfig": kubeconfig,
    "authorization-kubeconfig": kubeconfig,
    "client-ca-file": paths.ca,
    "requestheader-client-ca-file": paths.frontProxyCa,
    "tls-cert-file": paths.controllerManager.certificate,
    "tls-private-key-file": paths.controllerManager.key,
    ...servingFlags,

    "cluster-name": o.clusterName,
    "cluster-cidr": o.podCidr,
    "allocate-node-cidrs": true,
    "service-cluster-ip-range": o.serviceCidr,

    "cluster-signing-cert-file": paths.ca,
    "cluster-signing-key-file": paths.caKey,
    "cluster-signing-duration": `${o.signedCertificateDays * 24}h`,
    "root-ca-file": paths.ca,
    "service-account-private-key-file": paths.serviceAccountKeyForControllerManager,
    "use-service-account-credentials": true,
    // Bootstrap tokens need the last two, which are off by default.
    controllers: ["*", "bootstrapsigner", "tokencleaner"],
    "terminated-pod-gc-threshold": 1000,

    "leader-elect": true,
    profiling: false,
    v: 2,
    ...kubernetesMinor(o.version).controllerManager,
  };
}

export function controllerManagerUnit(options: ControllerManagerOptions): string {
  return renderUnit({
    Unit: {
      Description: "Kubernetes Controller Manager",
      Documentation: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/",
      After: "network-online.target kube-apiserver.service",
      Wants: "network-online.target",
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      User: users.controllerManager,
      ExecStart: commandLine(binary("kube-controller-manager"), controllerManagerFlags(options)),
      Restart: "always",
      RestartSec: 2,
      LimitNOFILE: 65536,
      ...hardening({
        code: [directories.releases],
        reads: [directories.kubernetes],
        hidden: ["/etc/etcd"],
        loopbackOnly: true,
      }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
}
