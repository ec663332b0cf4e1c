/**
 * Every certificate of the control plane, in one table. The Pulumi resources, the files on a machine, what restarts a unit,
 * the check of `make verify` and the page docs/certificates.md all follow from it.
 */
import { apiserverNames, CertificateHost, loopbackNames, machineNames, Names } from "./certificateNames";
import {
  ADMIN_USER,
  FRONT_PROXY_USER,
  HEALTH_USER,
  KUBELET_CLIENT_USER,
  KUBELET_CSR_APPROVER_USER,
} from "./identities";
import { KeyPairPaths, paths, users } from "./layout";

export type Usage = "server_auth" | "client_auth";

/** The certificate authorities: their common names, and all files on a controller that contain the certificate. */
export const authorities = {
  kubernetes: { commonName: "kubernetes-ca", files: [paths.ca] },
  etcd: { commonName: "etcd-ca", files: [paths.etcdCa, paths.apiserverEtcdCa] },
  frontProxy: { commonName: "front-proxy-ca", files: [paths.frontProxyCa] },
} as const;
export type AuthorityName = keyof typeof authorities;

/** A certificate that signs nothing, with a private key that no other certificate shares. */
export interface Leaf {
  /** The leaf's name: the last part of its resources' names, and its row in docs/certificates.md. */
  role: string;
  signer: AuthorityName;
  /** The subject's common name. For a client certificate it is the user. */
  commonName: string | ((machineName: string) => string);
  /** The subject's organization. For a client certificate it is the user's group. */
  organization?: string;
  /** All extended key usages that the certificate has. */
  usages: Usage[];
  /** Makes the subject alternative names. Without it, the certificate has none. */
  names?: <T>(host: CertificateHost<T>) => Names<T>;
  /** Where the leaf is on each controller: two PEM files, or nowhere (undefined). */
  file: KeyPairPaths | undefined;
  /** The system user that may read the private key. */
  owner: string;
}

const SERVER: Usage[] = ["server_auth"];
const CLIENT: Usage[] = ["client_auth"];
const ownName = (machineName: string) => machineName;

/** The leaves of an etcd member. */
export const etcdLeaves = {
  server: {
    role: "server",
    signer: "etcd",
    commonName: ownName,
    usages: SERVER,
    names: machineNames,
    file: paths.etcdServer,
    owner: users.etcd,
  },
  peer: {
    role: "peer",
    signer: "etcd",
    commonName: ownName,
    usages: [...SERVER, ...CLIENT],
    names: machineNames,
    file: paths.etcdPeer,
    owner: users.etcd,
  },
  operator: {
    role: "operator",
    signer: "etcd",
    commonName: "etcd-operator",
    usages: CLIENT,
    file: paths.etcdOperator,
    owner: "root",
  },
  backup: {
    role: "backup",
    signer: "etcd",
    commonName: "etcd-backup",
    usages: CLIENT,
    file: paths.etcdBackupClient,
    owner: users.etcdBackup,
  },
} satisfies Record<string, Leaf>;

/** The leaves of the programs on a controller, except etcd's. */
export const controlPlaneLeaves = {
  apiserver: {
    role: "apiserver",
    signer: "kubernetes",
    commonName: "kube-apiserver",
    usages: SERVER,
    names: apiserverNames,
    file: paths.apiserver,
    owner: users.apiserver,
  },
  apiserverEtcdClient: {
    role: "apiserver-etcd-client",
    signer: "etcd",
    commonName: "kube-apiserver",
    usages: CLIENT,
    file: paths.apiserverEtcdClient,
    owner: users.apiserver,
  },
  kubeletClient: {
    role: "apiserver-kubelet-client",
    signer: "kubernetes",
    commonName: KUBELET_CLIENT_USER,
    usages: CLIENT,
    file: paths.kubeletClient,
    owner: users.apiserver,
  },
  frontProxyClient: {
    role: "front-proxy-client",
    signer: "frontProxy",
    commonName: FRONT_PROXY_USER,
    usages: CLIENT,
    file: paths.frontProxyClient,
    owner: users.apiserver,
  },
  controllerManager: {
    role: "controller-manager",
    signer: "kubernetes",
    commonName: "kube-controller-manager",
    usages: SERVER,
    names: loopbackNames,
    file: paths.controllerManager,
    owner: users.controllerManager,
  },
  controllerManagerClient: {
    role: "controller-manager-client",
    signer: "kubernetes",
    commonName: "system:kube-controller-manager",
    usages: CLIENT,
    file: paths.controllerManagerClient,
    owner: users.controllerManager,
  },
  scheduler: {
    role: "scheduler",
    signer: "kubernetes",
    commonName: "kube-scheduler",
    usages: SERVER,
    names: loopbackNames,
    file: paths.scheduler,
    owner: users.scheduler,
  },
  schedulerClient: {
    role: "scheduler-client",
    signer: "kubernetes",
    commonName: "system:kube-scheduler",
    usages: CLIENT,
    file: paths.schedulerClient,
    owner: users.scheduler,
  },
  csrApproverClient: {
    role: "csr-approver-client",
    signer: "kubernetes",
    commonName: KUBELET_CSR_APPROVER_USER,
    usages: CLIENT,
    file: paths.csrApproverClient,
    owner: users.csrApprover,
  },
  healthClient: {
    role: "health-client",
    signer: "kubernetes",
    commonName: HEALTH_USER,
    usages: CLIENT,
    file: paths.healthClient,
    owner: users.healthProxy,
  },
} satisfies Record<string, Leaf>;

/** The first administrator's leaf, which is in the output `kubeconfig`. */
export const adminLeaf: Leaf = {
  role: "admin",
  signer: "kubernetes",
  commonName: ADMIN_USER,
  organization: "system:masters",
  usages: CLIENT,
  file: undefined,
  owner: "root",
};

/** The paths of leaves, by the path that the authority's certificate has for the programs that use them. */
export function byAuthority(
  leaves: Record<string, Leaf>,
  authorityPaths: Partial<Record<AuthorityName, string>>,
): Record<string, string[]> {
  const signed = (name: AuthorityName) =>
    Object.values(leaves).flatMap(({ signer, file }) => (signer === name && file ? [file.certificate] : []));
  return Object.fromEntries(
    Object.entries(authorityPaths).map(([name, path]) => [path, signed(name as AuthorityName)]),
  );
}

/** All leaves that each controller has. */
export const machineLeaves: Leaf[] = [...Object.values(etcdLeaves), ...Object.values(controlPlaneLeaves)];
