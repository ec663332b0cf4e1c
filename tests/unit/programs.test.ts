import { parse } from "yaml";
import { paths, users } from "../../node/layout";
import { apiserverFlags, ApiserverOptions, apiserverUnit } from "../../node/programs/apiserver";
import { auditPolicy } from "../../node/programs/audit";
import { controllerManagerFlags } from "../../node/programs/controllerManager";
import { encryptionConfig, encryptionKey } from "../../node/programs/encryption";
import { etcdFlags, etcdServer } from "../../node/programs/etcd";
import { healthProxyConfig } from "../../node/programs/healthProxy";
import { kubeconfig } from "../../node/programs/kubeconfig";
import { schedulerConfig, schedulerFlags } from "../../node/programs/scheduler";
import { commandLine, renderFlags } from "../../node/render/unit";

const members = [0, 1, 2].map((i) => ({ name: `controller-${i}`, address: `10.240.0.1${i}` }));
const apiserver: ApiserverOptions = {
  version: "1.36.3",
  address: "10.240.0.11",
  publicIp: "203.0.113.99",
  etcdServer: etcdServer(members[1]!),
  serviceCidr: "10.32.0.0/24",
  nodePortRange: "30000-32767",
  eventTtl: "1h",
  auditMaxAgeDays: 30,
  auditMaxBackups: 3,
  auditMaxSizeMb: 100,
  maxRequestsInflight: 400,
  maxMutatingRequestsInflight: 200,
  drainSeconds: 30,
};
const controllerManager = {
  version: "1.36.3",
  clusterName: "c",
  podCidr: "10.200.0.0/16",
  serviceCidr: "10.32.0.0/24",
  signedCertificateDays: 365,
};
const etcd = { version: "3.7.3", member: members[1]!, clusterToken: "c" };

test("kube-apiserver serves for drainSeconds while its /readyz fails, and then has a minute to end", () => {
  expect(apiserverFlags({ ...apiserver, drainSeconds: 7 })["shutdown-delay-duration"]).toBe("7s");
  expect(apiserverUnit({ ...apiserver, drainSeconds: 7 })).toContain("TimeoutStopSec=72\n");
});

test("kube-apiserver has every flag that the source documents require", () => {
  expect(apiserverFlags(apiserver)).toMatchObject({
    "advertise-address": "10.240.0.11",
    "endpoint-reconciler-type": "lease",
    "audit-log-maxage": 30,
    "audit-log-maxbackup": 3,
    "audit-log-maxsize": 100,
    "audit-log-path": "/var/log/kubernetes/audit.log",
    "authorization-mode": ["Node", "RBAC"],
    "enable-admission-plugins": [
      "NamespaceLifecycle",
      "NodeRestriction",
      "LimitRanger",
      "ServiceAccount",
      "DefaultStorageClass",
      "ResourceQuota",
      "DenyServiceExternalIPs",
      "EventRateLimit",
    ],
    "etcd-servers": "https://10.240.0.11:2379",
    "encryption-provider-config": paths.encryptionConfig,
    "kubelet-certificate-authority": paths.ca,
    "event-ttl": "1h",
    "runtime-config": "api/all=true",
    "service-account-issuer": "https://203.0.113.99:6443",
    "service-cluster-ip-range": "10.32.0.0/24",
    "service-node-port-range": "30000-32767",
    "anonymous-auth": false,
    "enable-bootstrap-token-auth": true,
    "max-requests-inflight": 400,
    "max-mutating-requests-inflight": 200,
    "requestheader-client-ca-file": paths.frontProxyCa,
    "tls-min-version": "VersionTLS12",
  });
});

test("kube-apiserver uses no private key for two purposes", () => {
  const keys = Object.entries(apiserverFlags(apiserver)).filter(([, value]) => String(value).endsWith(".key"));
  expect(new Set(keys.map(([, value]) => value)).size).toBe(keys.length);
  expect(keys).toHaveLength(5);
});

test("kube-controller-manager signs with the authority's key, assigns Pod ranges to nodes and elects a leader", () => {
  expect(controllerManagerFlags(controllerManager)).toMatchObject({
    "bind-address": "127.0.0.1",
    "cluster-cidr": "10.200.0.0/16",
    "allocate-node-cidrs": true,
    "cluster-signing-cert-file": paths.ca,
    "cluster-signing-key-file": paths.caKey,
    "cluster-signing-duration": "8760h",
    "use-service-account-credentials": true,
    "leader-elect": true,
    controllers: ["*", "bootstrapsigner", "tokencleaner"],
  });
});

test("kube-scheduler reads its configuration file, which enables leader election", () => {
  expect(schedulerFlags("1.36.3")).toMatchObject({ config: paths.schedulerConfig, "bind-address": "127.0.0.1" });
  expect(parse(schedulerConfig())).toMatchObject({
    kind: "KubeSchedulerConfiguration",
    clientConnection: { kubeconfig: paths.schedulerKubeconfig },
    leaderElection: { leaderElect: true },
  });
});

test("etcd requires certificates of clients and peers, and its flags leave open which members there are", () => {
  expect(etcdFlags(etcd)).toMatchObject({
    name: "controller-1",
    "client-cert-auth": true,
    "peer-client-cert-auth": true,
    "listen-client-urls": ["https://10.240.0.11:2379", "https://127.0.0.1:2379"],
  });
  expect(Object.keys(etcdFlags(etcd)).filter((flag) => /^initial-cluster(-state)?$/.test(flag))).toEqual([]);
});

test("the health proxy forwards /healthz to kube-apiserver's /readyz, and checks its certificate", () => {
  const config = healthProxyConfig();
  expect(config).toContain("server_name kubernetes.default.svc.cluster.local;");
  expect(config).toContain("proxy_ssl_verify on;");
  expect(config).toContain(`proxy_ssl_trusted_certificate ${paths.ca};`);
  expect(config).toMatch(/location = \/healthz \{[^}]*\}\s*proxy_pass https:\/\/127\.0\.0\.1:6443\/readyz;/);
});

test("the audit policy logs who reads Secrets, the control plane included, but not what is in them", () => {
  const { rules } = parse(auditPolicy()) as {
    rules: { level: string; resources?: { resources: string[] }[]; verbs?: string[]; users?: string[] }[];
  };
  const bodies = rules.findIndex((rule) => rule.level === "Request");
  const secrets = rules.findIndex(
    (rule) => rule.level === "Metadata" && rule.resources?.some((r) => r.resources.includes("secrets")),
  );
  const controlPlane = rules.findIndex((rule) => rule.level === "None" && rule.users !== undefined);
  expect(secrets).toBeGreaterThanOrEqual(0);
  expect(secrets).toBeLessThan(bodies);
  expect(secrets).toBeLessThan(controlPlane);
});

test("the encryption key has 32 bytes, and depends on nothing but the seed", () => {
  const key = encryptionKey("seed a");
  expect(Buffer.from(key, "base64")).toHaveLength(32);
  expect(encryptionKey("seed a")).toBe(key);
  expect(encryptionKey("seed b")).not.toBe(key);
  expect(parse(encryptionConfig(key))).toMatchObject({
    resources: [{ resources: ["secrets"], providers: [{ secretbox: { keys: [{ secret: key }] } }, { identity: {} }] }],
  });
});

test("a kubeconfig contains the private key and has one context, which is the current one", () => {
  const pem = { certificate: "CERTIFICATE\n", key: "KEY x\n" };
  const text = kubeconfig({ server: "https://h:6443", ca: "CA", cluster: "c", user: "u", ...pem });
  const config = parse(text) as { users: [{ user: Record<string, string> }]; "current-context": string };
  expect(config["current-context"]).toBe("u@c");
  expect(Buffer.from(config.users[0].user["client-key-data"]!, "base64").toString()).toBe("KEY x\n");
});

test("flags are written as --name=value; one that a unit file would need quotes for is refused", () => {
  expect(renderFlags({ a: ["x", "y"], b: undefined, c: false })).toEqual(["--a=x,y", "--c=false"]);
  for (const bad of ["a b", "50%", "$HOME", 'a"b', "a\\b"])
    expect(() => commandLine("p", { flag: bad })).toThrow(/ExecStart/);
});

test("kube-apiserver's unit runs as its own system user, without privileges", () => {
  const unit = apiserverUnit(apiserver);
  expect(unit).toContain(`User=${users.apiserver}\n`);
  for (const line of [
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "CapabilityBoundingSet=",
    "LimitNOFILE=65536",
    "Type=notify",
  ]) {
    expect(unit.split("\n")).toContain(line);
  }
});
