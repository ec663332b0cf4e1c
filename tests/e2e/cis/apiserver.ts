import { Control, areSet, atLeast, control, is, isNot, isSet } from "./control";

const flag = (id: string, what: string, name: string, good: (value: string | undefined) => boolean) =>
  control(id, what, (m) => m.flag("apiserver", name), good);
const flags = (id: string, what: string, ...names: string[]) =>
  control(id, what, (m) => names.map((name) => m.flag("apiserver", name)), areSet);
const mode = (id: string, what: string, good: (modes: string[]) => boolean) =>
  control(id, what, (m) => m.list("apiserver", "authorization-mode"), good);
const plugin = (id: string, name: string) =>
  control(
    id,
    `the admission plugin ${name} is enabled`,
    (m) => m.list("apiserver", "enable-admission-plugins"),
    (on) => on.includes(name),
  );
/** A plugin that is enabled by default. */
const defaultPlugin = (id: string, name: string) =>
  control(
    id,
    `the admission plugin ${name} is not disabled`,
    (m) => m.list("apiserver", "disable-admission-plugins"),
    (off) => !off.includes(name),
  );

const STRONG = /^TLS_(ECDHE_(ECDSA|RSA)_WITH_)?(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)$/;

export const apiserver: Control[] = [
  flag("1.2.1", "requests without a credential are refused", "anonymous-auth", is("false")),
  flag("1.2.2", "there is no file of tokens", "token-auth-file", (value) => !isSet(value)),
  plugin("1.2.3", "DenyServiceExternalIPs"),
  flags(
    "1.2.4",
    "kube-apiserver has a client certificate for kubelets",
    "kubelet-client-certificate",
    "kubelet-client-key",
  ),
  flag("1.2.5", "kubelets' certificates are checked", "kubelet-certificate-authority", isSet),
  mode("1.2.6", "not every request is authorized", (modes) => modes.length > 0 && !modes.includes("AlwaysAllow")),
  mode("1.2.7", "the node authorizer is enabled", (modes) => modes.includes("Node")),
  mode("1.2.8", "RBAC is enabled", (modes) => modes.includes("RBAC")),
  plugin("1.2.9", "EventRateLimit"),
  control(
    "1.2.10",
    "the admission plugin AlwaysAdmit is not enabled",
    (m) => m.list("apiserver", "enable-admission-plugins"),
    (on) => !on.includes("AlwaysAdmit"),
  ),
  plugin("1.2.11", "AlwaysPullImages"),
  defaultPlugin("1.2.12", "ServiceAccount"),
  defaultPlugin("1.2.13", "NamespaceLifecycle"),
  plugin("1.2.14", "NodeRestriction"),
  flag("1.2.15", "profiling is disabled", "profiling", is("false")),
  flag("1.2.16", "there is an audit log", "audit-log-path", isSet),
  flag("1.2.17", "audit logs are kept for 30 days", "audit-log-maxage", atLeast(30)),
  flag("1.2.18", "10 rotated audit logs are kept", "audit-log-maxbackup", atLeast(10)),
  flag("1.2.19", "audit logs are rotated at 100 MB or more", "audit-log-maxsize", atLeast(100)),
  flag("1.2.20", "requests have the default timeout of a minute", "request-timeout", (value) => value === undefined),
  flag("1.2.21", "tokens of deleted service accounts are refused", "service-account-lookup", isNot("false")),
  flag("1.2.22", "service account tokens are checked with a separate key", "service-account-key-file", isSet),
  flags("1.2.23", "kube-apiserver has a client certificate for etcd", "etcd-certfile", "etcd-keyfile"),
  flags("1.2.24", "the API is served over TLS", "tls-cert-file", "tls-private-key-file"),
  flag("1.2.25", "clients' certificates are checked", "client-ca-file", isSet),
  flag("1.2.26", "etcd's certificate is checked", "etcd-cafile", isSet),
  flag("1.2.27", "data is encrypted in etcd", "encryption-provider-config", isSet),
  control(
    "1.2.28",
    "Secrets are encrypted with a strong cipher",
    (m) =>
      m.encryption.resources
        .filter((r) => r.resources.includes("secrets"))
        .map((r) => Object.keys(r.providers[0]!)[0]!),
    (first) => first.length === 1 && ["aescbc", "kms", "secretbox"].includes(first[0]!),
  ),
  control(
    "1.2.29",
    "only strong cipher suites are allowed",
    (m) => m.list("apiserver", "tls-cipher-suites"),
    (suites) => suites.length > 0 && suites.every((suite) => STRONG.test(suite)),
  ),
  flag("1.2.30", "no token is valid for longer than requested", "service-account-extend-token-expiration", is("false")),
];
