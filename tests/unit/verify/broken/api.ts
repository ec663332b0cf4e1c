import { Broken, SSH } from "./broken";

export const api: Broken = {
  "front door reaches every controller": [
    [
      "a controller is not in the target pool",
      ({ machines }) => (machines[2].inPool = false),
      "controller-2 got none of 100 connections: unless its /healthz fails, the target pool lacks it: make drift shows it, and pulumi up --refresh puts it back",
    ],
  ],
  "a Secret is unreadable in etcd": [
    [
      "an API server writes plain text",
      ({ machines }) => (machines[1].encryption = ""),
      `controller-1 writes Secrets to etcd in plain text: secretbox must come first in /var/lib/kubernetes/encryption-config.yaml, and kube-apiserver.service must read that file: ${SSH}`,
    ],
    [
      "an API server encrypts in another way",
      ({ machines }) => (machines[1].encryption = "k8s:enc:aescbc:v1:key1:"),
      `controller-1 stores Secrets behind "k8s:enc:aescbc:v1:key1:", not k8s:enc:secretbox:v1:: secretbox must come first in /var/lib/kubernetes/encryption-config.yaml, and kube-apiserver.service must read that file: ${SSH}`,
    ],
    [
      "a Secret is not what it was",
      ({ machines }) => (machines[1].forgets = true),
      `controller-1 wrote a Secret that the API returns with another value: secretbox must come first in /var/lib/kubernetes/encryption-config.yaml, and kube-apiserver.service must read that file: ${SSH}`,
    ],
  ],
  "leader leases held": [
    [
      "no kube-scheduler has led yet",
      ({ leases }) => delete leases["kube-scheduler"],
      "no kube-scheduler leads (it has no lease yet): on each controller, sudo journalctl -u kube-scheduler.service",
    ],
    [
      "a leader stopped, and none has taken over",
      ({ leases }) => (leases["kube-controller-manager"] = { holder: "", age: 3 }),
      "no kube-controller-manager leads (its last leader gave the lease back): on each controller, sudo journalctl -u kube-controller-manager.service",
    ],
    [
      "a leader was lost",
      ({ leases }) => (leases["kube-scheduler"]!.age = 16),
      "no kube-scheduler leads (controller-0 renewed the lease 16 s ago): on each controller, sudo journalctl -u kube-scheduler.service",
    ],
  ],
  "kubelet RBAC: can-i, yes and no": [
    [
      "the kubelet client lost a right",
      (stack) => (stack.may = (question) => question.includes("nodes/") && question !== "get nodes/log"),
      "kube-apiserver-kubelet-client may not get nodes/log: make drift shows what changed, and pulumi up --refresh puts it back",
    ],
    [
      "the kubelet client may do anything",
      (stack) => (stack.may = () => true),
      "kube-apiserver-kubelet-client may get secrets; may create pods; may delete nodes; may create clusterrolebindings: make drift shows what changed, and pulumi up --refresh puts it back",
    ],
  ],
};
