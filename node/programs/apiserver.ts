import { FRONT_PROXY_USER } from "../identities";
import { directories, paths, ports, users } from "../layout";
import { kubernetesMinor } from "../versions";
import { ADMISSION_PLUGINS } from "./admission";
import { servingFlags } from "./tls";
import { binary, commandLine, Flags, hardening, renderUnit, RESTARTS_WITHOUT_LIMIT } from "../render/unit";

export interface ApiserverOptions {
  /** Version of Kubernetes, MAJOR.MINOR.PATCH. */
  version: string;
  /** This controller's internal address. */
  address: string;
  /** The front door's address. */
  publicIp: string;
  /** etcd's client URL on the same machine. */
  etcdServer: string;
  serviceCidr: string;
  nodePortRange: string;
  eventTtl: string;
  auditMaxAgeDays: number;
  auditMaxBackups: number;
  auditMaxSizeMb: number;
  maxRequestsInflight: number;
  maxMutatingRequestsInflight: number;
  /** Seconds for which a stopping server still answers while its /readyz fails. */
  drainSeconds: number;
}

export function apiserverFlags(o: ApiserverOptions): Flags {
  return {
    "advertise-address": o.address,
    // Not only the internal address: packets from the front door have the public address as their destination.
    "bind-address": "0.0.0.0",
    "secure-port": ports.api,
    "allow-privileged": true,
    "endpoint-reconciler-type": "lease",
    "runtime-config": "api/all=true",
    "event-ttl": o.eventTtl,

    "etcd-servers": o.etcdServer,
    "etcd-cafile": paths.apiserverEtcdCa,
    "etcd-certfile": paths.apiserverEtcdClient.certificate,
    "etcd-keyfile": paths.apiserverEtcdClient.key,
    "encryption-provider-config": paths.encryptionConfig,

    "tls-cert-file": paths.apiserver.certificate,
    "tls-private-key-file": paths.apiserver.key,
    ...servingFlags,

    "anonymous-auth": false,
    "client-ca-file": paths.ca,
    "enable-bootstrap-token-auth": true,
    "service-account-issuer": `https://${o.publicIp}:${ports.api}`,
    "service-account-key-file": paths.serviceAccountPublicKey,
    "service-account-signing-key-file": paths.serviceAccountKey,
    "service-account-lookup": true,
    "service-account-extend-token-expiration": false,

    "authorization-mode": ["Node", "RBAC"],
    "enable-admission-plugins": ADMISSION_PLUGINS,
    "admission-control-config-file": paths.admissionConfig,

    "kubelet-certificate-authority": paths.ca,
    "kubelet-client-certificate": paths.kubeletClient.certificate,
    "kubelet-client-key": paths.kubeletClient.key,
    "kubelet-preferred-address-types": ["InternalIP", "Hostname"],

    "requestheader-client-ca-file": paths.frontProxyCa,
    "requestheader-allowed-names": FRONT_PROXY_USER,
    "requestheader-username-headers": "X-Remote-User",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "proxy-client-cert-file": paths.frontProxyClient.certificate,
    "proxy-client-key-file": paths.frontProxyClient.key,
    // Reaches aggregated API servers by their Pods' addresses, because no kube-proxy runs on a controller.
    "enable-aggregator-routing": true,

    "service-cluster-ip-range": o.serviceCidr,
    "service-node-port-range": o.nodePortRange,

    "audit-policy-file": paths.auditPolicy,
    "audit-log-path": paths.auditLog,
    "audit-log-maxage": o.auditMaxAgeDays,
    "audit-log-maxbackup": o.auditMaxBackups,
    "audit-log-maxsize": o.auditMaxSizeMb,

    "max-requests-inflight": o.maxRequestsInflight,
    "max-mutating-requests-inflight": o.maxMutatingRequestsInflight,
    // Clients keep their HTTP/2 connection. One answer in 1,000 makes them reconnect, so a server that came back gets its share.
    "goaway-chance": 0.001,
    "shutdown-delay-duration": `${o.drainSeconds}s`,
    "shutdown-send-retry-after": true,
    profiling: false,
    v: 2,
    ...kubernetesMinor(o.version).apiserver,
  };
}

export function apiserverUnit(options: ApiserverOptions): string {
  return renderUnit({
    Unit: {
      Description: "Kubernetes API Server",
      Documentation: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",
      After: "network-online.target etcd.service",
      Wants: "network-online.target",
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      Type: "notify",
      User: users.apiserver,
      ExecStart: commandLine(binary("kube-apiserver"), apiserverFlags(options)),
      Restart: "always",
      RestartSec: 2,
      TimeoutStartSec: "infinity",
      // The shutdown delay, and a minute for requests that are still running.
      TimeoutStopSec: options.drainSeconds + 65,
      LimitNOFILE: 65536,
      OOMScoreAdjust: -998,
      LogsDirectory: "kubernetes",
      LogsDirectoryMode: "0700",
      ...hardening({
        code: [directories.releases],
        reads: [directories.kubernetes],
        writes: [directories.auditLog],
        hidden: ["/etc/etcd"],
        notifies: true,
      }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
}
