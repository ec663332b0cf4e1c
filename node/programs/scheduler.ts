import { stringify } from "yaml";
import { directories, paths, ports, users } from "../layout";
import { kubernetesMinor } from "../versions";
import { servingFlags } from "./tls";
import { binary, commandLine, Flags, hardening, renderUnit, RESTARTS_WITHOUT_LIMIT } from "../render/unit";

/** kube-scheduler's own configuration file. */
export function schedulerConfig(): string {
  return stringify({
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    clientConnection: { kubeconfig: paths.schedulerKubeconfig },
    leaderElection: { leaderElect: true },
    enableProfiling: false,
  });
}

/** `version` is that of Kubernetes, MAJOR.MINOR.PATCH. */
export function schedulerFlags(version: string): Flags {
  return {
    config: paths.schedulerConfig,
    "bind-address": "127.0.0.1",
    "secure-port": ports.scheduler,
    "authentication-kubeconfig": paths.schedulerKubeconfig,
    "authorization-kubeconfig": paths.schedulerKubeconfig,
    "client-ca-file": paths.ca,
    "requestheader-client-ca-file": paths.frontProxyCa,
    "tls-cert-file": paths.scheduler.certificate,
    "tls-private-key-file": paths.scheduler.key,
    ...servingFlags,
    v: 2,
    ...kubernetesMinor(version).scheduler,
  };
}

export function schedulerUnit(version: string): string {
  return renderUnit({
    Unit: {
      Description: "Kubernetes Scheduler",
      Documentation: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/",
      After: "network-online.target kube-apiserver.service",
      Wants: "network-online.target",
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      User: users.scheduler,
      ExecStart: commandLine(binary("kube-scheduler"), schedulerFlags(version)),
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
