import { randomBytes } from "crypto";
import { mkdirSync, readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { encryptionConfig } from "../node/programs/encryption";
import { kubeconfig } from "../node/programs/kubeconfig";
import { output } from "../lib/process";
import { MACHINES } from "./machines";

/** The document's files on this machine, with the document's names. */
export interface DocumentFiles {
  directory: string;
  /** Paths. As in the document, kube-apiserver and etcd use the same certificate. */
  all: string[];
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"];

/** Makes the files of the document's chapters 4 to 6 with openssl. `publicIp`: the front door's address, if there is one. */
export async function makeDocumentFiles(scratch: string, publicIp?: string): Promise<DocumentFiles> {
  const directory = join(scratch, "pki");
  mkdirSync(directory, { mode: 0o700 });
  const path = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => output("openssl", args, { cwd: directory });
  const extension = (text: string) => ["-addext", text];

  await openssl("req", "-x509", ...EC, "-subj", "/CN=Kubernetes", "-keyout", "ca-key.pem", "-out", "ca.pem");
  const leaf = (name: string, subject: string, ...more: string[]) => {
    const issuer = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", ...extension("basicConstraints=critical,CA:FALSE")];
    const files = ["-keyout", `${name}-key.pem`, "-out", `${name}.pem`];
    return openssl("req", "-x509", ...issuer, ...EC, "-subj", subject, ...files, ...more);
  };
  const addresses = ["10.32.0.1", "127.0.0.1", ...MACHINES.map((m) => m.internalIp), ...(publicIp ? [publicIp] : [])];
  const hosts = ["", ".default", ".default.svc", ".default.svc.cluster", ".default.svc.cluster.local"];
  const alternatives = [...addresses.map((ip) => `IP:${ip}`), ...hosts.map((host) => `DNS:kubernetes${host}`)];
  await Promise.all([
    leaf("kubernetes", "/O=Kubernetes/CN=kubernetes", ...extension(`subjectAltName=${alternatives.join(",")}`)),
    leaf("service-account", "/O=Kubernetes/CN=service-accounts"),
    ...Object.entries(USERS).map(([name, { subject }]) => leaf(name, subject)),
  ]);

  const pem = (name: string) => readFileSync(path(name), "utf8");
  for (const [name, { user }] of Object.entries(USERS)) {
    const pair = { certificate: pem(`${name}.pem`), key: pem(`${name}-key.pem`) };
    const server = "https://127.0.0.1:6443";
    const text = kubeconfig({ server, ca: pem("ca.pem"), cluster: "kubernetes-the-hard-way", user, ...pair });
    writeFileSync(path(`${name}.kubeconfig`), text, { mode: 0o600 });
  }
  const encryption = encryptionConfig(randomBytes(32).toString("base64"));
  writeFileSync(path("encryption-config.yaml"), encryption, { mode: 0o600 });

  const pairs = ["kubernetes", "service-account"].flatMap((name) => [`${name}.pem`, `${name}-key.pem`]);
  const kubeconfigs = Object.keys(USERS).map((name) => `${name}.kubeconfig`);
  const all = ["ca.pem", "ca-key.pem", ...pairs, "encryption-config.yaml", ...kubeconfigs];
  return { directory, all: all.map(path) };
}

const USERS = {
  admin: { user: "admin", subject: "/O=system:masters/CN=admin" },
  "kube-controller-manager": {
    user: "system:kube-controller-manager",
    subject: "/O=system:kube-controller-manager/CN=system:kube-controller-manager",
  },
  "kube-scheduler": {
    user: "system:kube-scheduler",
    subject: "/O=system:kube-scheduler/CN=system:kube-scheduler",
  },
};
