import { Broken } from "./broken";

export const certificates: Broken = {
  "certificates: usages, SANs, days left": [
    [
      "a leaf ends in three days",
      (stack) => stack.leaf("scheduler", { left: 3.04, age: 361.96 }),
      "controller-1: /var/lib/kubernetes/pki/scheduler.crt ends in 3.0 days; make up renews it",
    ],
    [
      "a leaf of a few days is in its last tenth",
      (stack) => stack.leaf("scheduler", { left: 0.5, age: 9.5 }),
      "controller-1: /var/lib/kubernetes/pki/scheduler.crt ends in 0.5 days; make up renews it",
    ],
    [
      "a client's certificate ends in six days",
      (stack) => stack.leaf("scheduler-client", { left: 6, age: 359 }),
      "controller-1: /var/lib/kubernetes/pki/scheduler-client.crt ends in 6.0 days; make up renews it",
    ],
    [
      "a leaf has ended",
      (stack) =>
        stack.leaf("apiserver", { left: -(Date.now() - Date.parse("2026-01-02T03:04:05Z")) / 86_400_000, age: 800 }),
      "controller-1: /var/lib/kubernetes/pki/apiserver.crt ended on Jan  2 03:04:05 2026 GMT; make up renews it",
    ],
    [
      "an authority ends in four weeks",
      (stack) => stack.authority("/etc/etcd/pki/ca.crt", { left: 28, age: 3622 }),
      "controller-1: /etc/etcd/pki/ca.crt ends in 28.0 days; no update renews it: make new authorities in good time",
    ],
    [
      "the administrator's certificate ends tomorrow",
      (stack) => stack.admin({ left: 1, age: 364 }),
      "the output kubeconfig: its certificate ends in 1.0 days; make up renews it",
    ],
    [
      "a server's certificate is a client's too",
      (stack) => stack.leaf("apiserver", { usages: ["server_auth", "client_auth"] }),
      "controller-1: /var/lib/kubernetes/pki/apiserver.crt must be for server_auth, and is for server_auth and client_auth",
    ],
    [
      "a leaf is for any use",
      (stack) => stack.leaf("peer", { usages: [] }),
      "controller-1: /etc/etcd/pki/peer.crt must be for server_auth and client_auth, and is for nothing",
    ],
    [
      "a leaf could sign others",
      (stack) => stack.leaf("health-client", { authority: true }),
      "controller-1: /var/lib/kubernetes/pki/health-client.crt must not be an authority's",
    ],
    [
      "an authority could not sign",
      (stack) => stack.authority("/var/lib/kubernetes/pki/ca.crt", { authority: false }),
      "controller-1: /var/lib/kubernetes/pki/ca.crt must be an authority's",
    ],
    [
      "the API's certificate names another front door",
      (stack) =>
        stack.leaf("apiserver", {
          names: ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "controller-1", "localhost"].concat([
            "127.0.0.1",
            "10.240.0.11",
            "10.32.0.1",
            "203.0.113.99",
          ]),
        }),
      "controller-1: /var/lib/kubernetes/pki/apiserver.crt must name 203.0.113.130",
    ],
    [
      "a member's certificate names another machine",
      (stack) => stack.leaf("peer", { names: ["controller-2", "localhost", "10.240.0.12", "127.0.0.1"] }),
      "controller-1: /etc/etcd/pki/peer.crt must name controller-1, 10.240.0.11",
    ],
    [
      "a certificate is gone",
      ({ machines }) => machines[1].certificates.delete("/etc/etcd/pki/operator.crt"),
      "controller-1: /etc/etcd/pki/operator.crt is missing or unreadable",
    ],
    [
      "a certificate is damaged",
      ({ machines }) =>
        machines[1].certificates.set(
          "/etc/etcd/pki/operator.crt",
          "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ),
      "controller-1: /etc/etcd/pki/operator.crt is missing or unreadable",
    ],
  ],
};
