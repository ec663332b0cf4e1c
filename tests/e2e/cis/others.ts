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
    "finished Pods are cleared away",
    "controllerManager",
    "terminated-pod-gc-threshold",
    (value) => Number(value) > 0,
  ),
  flag("1.3.2", "profiling is off", "controllerManager", "profiling", is("false")),
  flag(
    "1.3.3",
    "each controller has a service account of its own",
    "controllerManager",
    "use-service-account-credentials",
    is("true"),
  ),
  flag(
    "1.3.4",
    "service accounts' tokens are signed with a key of their own",
    "controllerManager",
    "service-account-private-key-file",
    isSet,
  ),
  flag("1.3.5", "Pods get the authority's certificate", "controllerManager", "root-ca-file", isSet),
  control(
    "1.3.6",
    "kubelets' serving certificates can be renewed: on by default",
    (m) => m.list("controllerManager", "feature-gates"),
    (gates) => !gates.includes("RotateKubeletServerCertificate=false"),
  ),
  flag("1.3.7", "it listens on loopback", "controllerManager", "bind-address", is("127.0.0.1")),
];

export const scheduler: Control[] = [
  control(
    "1.4.1",
    "profiling is off, in its configuration file",
    (m) => m.schedulerConfig.enableProfiling,
    (on) => on === false,
  ),
  flag("1.4.2", "it listens on loopback", "scheduler", "bind-address", is("127.0.0.1")),
];

export const etcd: Control[] = [
  control(
    "2.1",
    "clients are served over TLS",
    (m) => ["cert-file", "key-file"].map((name) => m.flag("etcd", name)),
    areSet,
  ),
  flag("2.2", "clients need a certificate", "etcd", "client-cert-auth", is("true")),
  flag("2.3", "no certificate of its own making for clients", "etcd", "auto-tls", isNot("true")),
  control(
    "2.4",
    "peers are served over TLS",
    (m) => ["peer-cert-file", "peer-key-file"].map((name) => m.flag("etcd", name)),
    areSet,
  ),
  flag("2.5", "peers need a certificate", "etcd", "peer-client-cert-auth", is("true")),
  flag("2.6", "no certificate of its own making for peers", "etcd", "peer-auto-tls", isNot("true")),
  control(
    "2.7",
    "etcd has an authority of its own",
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
