import { units } from "../../../node/layout";
import { Control, areSet, control, is, isNot, isSet } from "./control";

const flag = (
  id: string,
  what: string,
  program: keyof typeof units,
  name: string,
  good: (value: string | undefined) => boolean,
) => control(id, what, (m) => m.flag(program, name), good);

export const controllerManager: Control[] = [
  flag(
    "1.3.1",
    "finished Pods are deleted",
    "controllerManager",
    "terminated-pod-gc-threshold",
    (value) => Number(value) > 0,
  ),
  flag("1.3.2", "profiling of kube-controller-manager is disabled", "controllerManager", "profiling", is("false")),
  flag(
    "1.3.3",
    "each of kube-controller-manager's controllers has its own service account",
    "controllerManager",
    "use-service-account-credentials",
    is("true"),
  ),
  flag(
    "1.3.4",
    "service account tokens are signed with a separate key",
    "controllerManager",
    "service-account-private-key-file",
    isSet,
  ),
  flag("1.3.5", "Pods get the authority's certificate", "controllerManager", "root-ca-file", isSet),
  control(
    "1.3.6",
    "the renewal of kubelets' serving certificates, enabled by default, is not disabled",
    (m) => m.list("controllerManager", "feature-gates"),
    (gates) => !gates.includes("RotateKubeletServerCertificate=false"),
  ),
  flag(
    "1.3.7",
    "kube-controller-manager listens on loopback only",
    "controllerManager",
    "bind-address",
    is("127.0.0.1"),
  ),
];

export const scheduler: Control[] = [
  control(
    "1.4.1",
    "profiling of kube-scheduler is disabled in its configuration file",
    (m) => m.schedulerConfig.enableProfiling,
    (on) => on === false,
  ),
  flag("1.4.2", "kube-scheduler listens on loopback only", "scheduler", "bind-address", is("127.0.0.1")),
];

export const etcd: Control[] = [
  control(
    "2.1",
    "etcd serves clients over TLS",
    (m) => ["cert-file", "key-file"].map((name) => m.flag("etcd", name)),
    areSet,
  ),
  flag("2.2", "etcd requires a certificate of clients", "etcd", "client-cert-auth", is("true")),
  flag("2.3", "etcd does not make its own certificate for clients", "etcd", "auto-tls", isNot("true")),
  control(
    "2.4",
    "etcd serves peers over TLS",
    (m) => ["peer-cert-file", "peer-key-file"].map((name) => m.flag("etcd", name)),
    areSet,
  ),
  flag("2.5", "etcd requires a certificate of peers", "etcd", "peer-client-cert-auth", is("true")),
  flag("2.6", "etcd does not make its own certificate for peers", "etcd", "peer-auto-tls", isNot("true")),
  control(
    "2.7",
    "etcd and Kubernetes have different authorities",
    (m) => [
      m.authorities[m.flag("etcd", "trusted-ca-file") ?? ""],
      m.authorities[m.flag("apiserver", "client-ca-file") ?? ""],
    ],
    ([etcds, kubernetes]) => isSet(etcds) && isSet(kubernetes) && etcds !== kubernetes,
  ),
];

export const logging: Control[] = [
  control(
    "3.2.1",
    "there is an audit policy",
    (m) => m.file(m.flag("apiserver", "audit-policy-file") ?? "").length,
    (count) => count === 1,
  ),
];
