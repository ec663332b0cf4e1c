import { spawnSync } from "child_process";
import { parse } from "yaml";
import { controlPlaneLeaves, etcdLeaves } from "../../node/certificates";
import { paths, users } from "../../node/layout";
import { apiserverFlags, ApiserverOptions, apiserverUnit } from "../../node/programs/apiserver";
import { auditPolicy } from "../../node/programs/audit";
import { controllerManagerFlags } from "../../node/programs/controllerManager";
import { encryptionConfig, encryptionKey } from "../../node/programs/encryption";
import { etcdFlags, etcdServers } from "../../node/programs/etcd";
import { healthProxyConfig } from "../../node/programs/healthProxy";
import { kubeconfig } from "../../node/programs/kubeconfig";
import { schedulerConfig, schedulerFlags } from "../../node/programs/scheduler";
import { library } from "../../node/render/script";
import { renderStep } from "../../node/render/step";
import { commandLine, renderFlags } from "../../node/render/unit";
import { controlPlaneStep, controlPlaneSecrets } from "../../node/steps/controlPlane";
import { etcdSecrets, etcdStep } from "../../node/steps/etcd";
import { controllerPrefetch } from "../../node/steps/releases";
import { mapValues } from "../../node/values";

const members = [0, 1, 2].map((i) => ({ name: `controller-${i}`, address: `10.240.0.1${i}` }));
const apiserver: ApiserverOptions = {
  version: "1.36.3",
  address: "10.240.0.11",
  publicIp: "203.0.113.99",
  etcdServers: etcdServers(members, members[1]!),
  serviceCidr: "10.32.0.0/24",
  nodePortRange: "30000-32767",
  eventTtl: "1h",
  auditMaxAgeDays: 30,
  auditMaxBackups: 3,
  auditMaxSizeMb: 100,
  maxRequestsInflight: 400,
  maxMutatingRequestsInflight: 200,
};
const controllerManager = {
  version: "1.36.3",
  clusterName: "c",
  podCidr: "10.200.0.0/16",
  serviceCidr: "10.32.0.0/24",
  signedCertificateDays: 365,
};
const etcd = { version: "3.7.3", member: members[1]!, members, clusterToken: "c" };
const pem = (name: string) => ({ certificate: `CERTIFICATE ${name}\n`, key: `KEY ${name}\n` });

test("kube-apiserver has every flag that the source documents ask for", () => {
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
    "etcd-servers": ["https://10.240.0.11:2379", "https://10.240.0.10:2379", "https://10.240.0.12:2379"],
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

test("no credential file serves two purposes in kube-apiserver", () => {
  const keys = Object.entries(apiserverFlags(apiserver)).filter(([, value]) => String(value).endsWith(".key"));
  expect(new Set(keys.map(([, value]) => value)).size).toBe(keys.length);
  expect(keys).toHaveLength(5);
});

test("kube-controller-manager signs with the authority, hands out ranges and elects a leader", () => {
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

test("kube-scheduler has its own configuration file with leader election", () => {
  expect(schedulerFlags("1.36.3")).toMatchObject({ config: paths.schedulerConfig, "bind-address": "127.0.0.1" });
  expect(parse(schedulerConfig())).toMatchObject({
    kind: "KubeSchedulerConfiguration",
    clientConnection: { kubeconfig: paths.schedulerKubeconfig },
    leaderElection: { leaderElect: true },
  });
});

test("etcd asks clients and peers for certificates and knows all members", () => {
  expect(etcdFlags(etcd)).toMatchObject({
    name: "controller-1",
    "client-cert-auth": true,
    "peer-client-cert-auth": true,
    "listen-client-urls": ["https://10.240.0.11:2379", "https://127.0.0.1:2379"],
    "initial-cluster": [
      "controller-0=https://10.240.0.10:2380",
      "controller-1=https://10.240.0.11:2380",
      "controller-2=https://10.240.0.12:2380",
    ],
  });
});

test("the health proxy checks the API server's certificate and shows its own", () => {
  const config = healthProxyConfig();
  expect(config).toContain("server_name kubernetes.default.svc.cluster.local;");
  expect(config).toContain("proxy_ssl_verify on;");
  expect(config).toContain(`proxy_ssl_trusted_certificate ${paths.ca};`);
  expect(config).toMatch(/location = \/healthz \{[^}]*\}\s*proxy_pass https:\/\/127\.0\.0\.1:6443\/readyz;/);
});

test("the audit policy keeps what Secrets and tokens hold out of the log, and who read them in it", () => {
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

test("the encryption key is 32 bytes, the same for the same seed, another for another", () => {
  const key = encryptionKey("seed a");
  expect(Buffer.from(key, "base64")).toHaveLength(32);
  expect(encryptionKey("seed a")).toBe(key);
  expect(encryptionKey("seed b")).not.toBe(key);
  expect(parse(encryptionConfig(key))).toMatchObject({
    resources: [{ resources: ["secrets"], providers: [{ secretbox: { keys: [{ secret: key }] } }, { identity: {} }] }],
  });
});

test("a kubeconfig embeds what it needs", () => {
  const text = kubeconfig({ server: "https://h:6443", ca: "CA", cluster: "c", user: "u", ...pem("x") });
  const config = parse(text) as { users: [{ user: Record<string, string> }]; "current-context": string };
  expect(config["current-context"]).toBe("u@c");
  expect(Buffer.from(config.users[0].user["client-key-data"]!, "base64").toString()).toBe("KEY x\n");
});

test("flags that a unit file would read in another way are refused", () => {
  expect(renderFlags({ a: ["x", "y"], b: undefined, c: false })).toEqual(["--a=x,y", "--c=false"]);
  for (const bad of ["a b", "50%", "$HOME", 'a"b', "a\\b"])
    expect(() => commandLine("p", { flag: bad })).toThrow(/ExecStart/);
});

test("each unit runs as its own user, without privileges", () => {
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

describe("steps", () => {
  const etcdRelease = { mirror: "https://mirror.example/etcd", version: "3.7.3" };
  const kubernetesRelease = { mirror: "https://mirror.example/kubernetes", version: "1.36.3" };
  const steps = {
    etcd: etcdStep({ ...etcd, release: etcdRelease, ca: "CA" }),
    controlPlane: controlPlaneStep({
      apiserver,
      controllerManager,
      ca: "CA",
      etcdCa: "CA",
      frontProxyCa: "CA",
      serviceAccountPublicKey: "PUBLIC",
      release: kubernetesRelease,
    }),
  };
  const secrets = [
    ...etcdSecrets(mapValues(etcdLeaves, (leaf) => pem(leaf.role))),
    ...controlPlaneSecrets({
      localServer: "https://127.0.0.1:6443",
      clusterName: "c",
      ca: pem("ca"),
      leaves: mapValues(controlPlaneLeaves, (leaf) => pem(leaf.role)),
      serviceAccountKey: "KEY sa\n",
      encryptionKey: "KEY enc",
    }),
  ];

  test.each([
    ["etcd", renderStep(steps.etcd, [])],
    ["control plane", renderStep(steps.controlPlane, [])],
    ["startup", controllerPrefetch(etcdRelease, kubernetesRelease)],
  ])("%s is a script that bash can read", (_, input) => {
    const { status, stderr } = spawnSync("bash", ["-n"], { input, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("every file that a unit reads is written by a step", () => {
    const written = new Set([...Object.values(steps).flatMap((s) => s.files), ...secrets].map((f) => f.path));
    const read = Object.values(steps)
      .flatMap((s) => s.units)
      .flatMap((u) => u.reads)
      .filter((path) => !path.startsWith("/usr/local/bin/"));
    expect(read.filter((path) => !written.has(path))).toEqual([]);
  });

  test("private keys can be read by their user alone, and nobody can write them", () => {
    for (const file of secrets.filter((f) => !f.path.endsWith(".crt"))) expect(file.mode).toBe("0400");
    expect(new Set(secrets.map((f) => f.path)).size).toBe(secrets.length);
  });

  test("secrets follow the script as one line a file", () => {
    const [script, lines] = renderStep(steps.etcd, secrets).split("\nmain; exit\n") as [string, string];
    expect(script).not.toContain(Buffer.from("KEY server\n").toString("base64"));
    const files = lines.trimEnd().split("\n");
    expect(files.pop()).toBe(".");
    expect(files).toHaveLength(secrets.length);
    for (const line of files) expect(line).toMatch(/^\/\S+ 0[0-7]{3} [a-z-]+ [A-Za-z0-9+/=]+$/);
  });

  test("a script cut short on its way does nothing", () => {
    const script = renderStep(steps.etcd, secrets);
    for (let length = 0; length < script.indexOf("\nmain; exit"); length += 97) {
      // Whatever bash says of the rest: had a command run, it would have come to this.
      const { stdout } = spawnSync("bash", ["-s"], {
        input: script.slice(0, length).replace("set -euo pipefail", "echo RAN; exit"),
        encoding: "utf8",
      });
      expect(stdout).toBe("");
    }
  });

  test("machines fetch at their first boot just what the steps install, and start nothing", () => {
    const script = controllerPrefetch(etcdRelease, kubernetesRelease);
    for (const { fetch } of [...steps.etcd.releases, ...steps.controlPlane.releases])
      for (const command of fetch) expect(script).toContain(`\n${command} &`);
    expect(script.slice(script.indexOf("jobs=()"))).not.toMatch(/systemctl|put |link /);
  });

  test("secret files cut short on their way stop the step", () => {
    const script = `${library("releases")}${library("step")}\nput() { cat >/dev/null; }\nput_secrets; echo RESTARTED; exit\n`;
    const whole = `/a 0400 root ${Buffer.from("x").toString("base64")}\n.\n`;
    const run = (input: string) => spawnSync("bash", ["-s"], { input: script + input, encoding: "utf8" });
    expect(run(whole)).toMatchObject({ status: 0, stdout: "RESTARTED\n" });
    for (const length of [0, 5, whole.length - 4]) {
      const { status, stdout, stderr } = run(whole.slice(0, length));
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toMatch(/connection broke before all files/);
    }
  });

  test("a file that would end its own heredoc is refused", () => {
    const step = {
      ...steps.etcd,
      files: [{ path: "/x", mode: "0644", owner: "root", content: "a\nHARDWAY-FILE\nb" }],
    };
    expect(() => renderStep(step, [])).toThrow(/HARDWAY-FILE/);
  });
});
