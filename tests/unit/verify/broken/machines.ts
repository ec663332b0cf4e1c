import { Broken, SSH } from "./broken";

export const machines: Broken = {
  "units active on every controller": [
    [
      "a unit failed",
      ({ machines }) => (machines[1].units["kube-scheduler.service"] = "failed"),
      `controller-1: kube-scheduler.service is failed: ${SSH}, then sudo journalctl -u kube-scheduler.service`,
    ],
    [
      "a unit starts again and again",
      ({ machines }) => (machines[1].units["etcd.service"] = "activating"),
      `controller-1: etcd.service is activating: ${SSH}, then sudo journalctl -u etcd.service`,
    ],
    [
      "systemctl says less than it was asked",
      ({ machines }) => delete machines[1].units["etcd-leave.service"],
      `controller-1: etcd-leave.service is unknown: ${SSH}, then sudo journalctl -u etcd-leave.service`,
    ],
  ],
  "/healthz through nginx on every controller": [
    [
      "nginx is down",
      ({ machines }) => (machines[1].healthz = " 000"),
      `controller-1: nginx does not answer: ${SSH}, then sudo journalctl -u nginx.service`,
    ],
    [
      "nginx gets no answer",
      ({ machines }) => (machines[1].healthz = "<html>502 Bad Gateway</html> 502"),
      `controller-1: kube-apiserver does not answer nginx (HTTP 502): ${SSH}, then sudo journalctl -u kube-apiserver.service`,
    ],
    [
      "an API server is not ready",
      ({ machines }) => (machines[1].healthz = "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed 500"),
      `controller-1: HTTP 500, etcd failed: reason withheld: ${SSH}, then sudo journalctl -u kube-apiserver.service`,
    ],
    [
      "another program answers on port 80",
      ({ machines }) => (machines[1].healthz = " 200"),
      `controller-1: HTTP 200, without text: ${SSH}, then sudo journalctl -u kube-apiserver.service`,
    ],
  ],
  "anonymous requests refused": [
    [
      "an API server takes anonymous requests",
      ({ machines }) => (machines[1].anonymous = ["403", "200", "401", "403"]),
      `controller-1 answers /api with HTTP 403, /healthz with HTTP 200, /apis/rbac.authorization.k8s.io/v1/clusterroles with HTTP 403: its kube-apiserver.service must have --anonymous-auth=false: ${SSH}, then systemctl cat kube-apiserver.service`,
    ],
    [
      "an API server is down",
      ({ machines }) => (machines[1].anonymous = ["000", "000", "000", "000"]),
      "controller-1: kube-apiserver does not answer",
    ],
    [
      "the front door takes anonymous requests, and no controller does",
      (stack) => (stack.anonymous = 200),
      "/api through the front door is answered with HTTP 200",
    ],
  ],
  "only 6443 serves the API; nothing else is open": [
    [
      "a port is open",
      ({ machines }) => machines[1].listeners.push(["0.0.0.0:8888", "python3"]),
      "controller-1: port 8888 is open, by python3, pid 58: stop it, or bind it to 127.0.0.1",
    ],
    [
      "a port is open for IPv6 alone",
      ({ machines }) => machines[1].listeners.push(["[::]:10250", "kubelet"]),
      "controller-1: port 10250 is open, by kubelet, pid 58: stop it, or bind it to 127.0.0.1",
    ],
    [
      "a program that should listen on loopback listens everywhere",
      ({ machines }) => machines[1].listeners.push(["*:10259", "kube-scheduler"]),
      "controller-1: port 10259 is open, by kube-scheduler, pid 58: stop it, or bind it to 127.0.0.1",
    ],
    [
      "nothing serves the API",
      ({ machines }) => machines[1].listeners.splice(5, 1),
      `controller-1: nothing listens on 6443: ${SSH}, then sudo journalctl -u kube-apiserver.service`,
    ],
  ],
  "audit log written on every controller": [
    [
      "a request leaves no trace",
      ({ machines }) => (machines[1].audit = "181888:600\n0\n"),
      `controller-1: a request left no trace in /var/log/kubernetes/audit.log: ${SSH}, then sudo journalctl -u kube-apiserver.service`,
    ],
    [
      "there is no audit log",
      ({ machines }) => (machines[1].audit = ""),
      `controller-1 has no /var/log/kubernetes/audit.log: ${SSH}, then sudo journalctl -u kube-apiserver.service`,
    ],
    [
      "everybody may read the audit log",
      ({ machines }) => (machines[1].audit = "181888:644\n1\n"),
      "controller-1: /var/log/kubernetes/audit.log has mode 644, expected 600",
    ],
  ],
};
