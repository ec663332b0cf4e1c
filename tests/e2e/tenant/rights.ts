import { RequestOptions } from "../../../verify/api";

/** What the people of the team blue may do, and what not, as requests to the API; those that write are dry runs. */

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const GRANT = { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" } };
export const body = (kind: string, apiVersion = "v1", rest: object = {}) => ({
  apiVersion,
  kind,
  metadata: { generateName: "e2e-" },
  ...rest,
});
export const container = { name: "web", image: "example.invalid/web" };
const hardened = {
  ...container,
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
};
const securityContext = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
export const pod = (rest: object = {}) => ({ securityContext, containers: [{ ...hardened, ...rest }] });
const deployment = body("Deployment", "apps/v1", {
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: pod() },
  },
});
const get = (path: string) => [path, { method: "GET" }] as const;
export const post = (path: string, content: object) =>
  [`${path}?dryRun=All`, { method: "POST", body: content }] as const;
const remove = (path: string) => [`${path}?dryRun=All`, { method: "DELETE" }] as const;
export const own = "/api/v1/namespaces/blue";

/** What it is, who asks, the HTTP status, the request. */
export const rights: [string, "alice" | "bob", number, readonly [string, RequestOptions]][] = [
  ["an editor makes a Deployment", "alice", 201, post("/apis/apps/v1/namespaces/blue/deployments", deployment)],
  ["an editor reads the team's Secrets", "alice", 200, get(`${own}/secrets`)],
  ["an editor reads the team's quota", "alice", 200, get(`${own}/resourcequotas/team`)],
  ["a viewer reads Pods", "bob", 200, get(`${own}/pods`)],
  ["a viewer reads no Secrets", "bob", 403, get(`${own}/secrets`)],
  ["a viewer makes nothing", "bob", 403, post(`${own}/configmaps`, body("ConfigMap"))],
  ["nobody's Secrets of another namespace", "alice", 403, get("/api/v1/namespaces/kube-system/secrets")],
  ["no Pods of another namespace", "alice", 403, get("/api/v1/namespaces/default/pods")],
  ["no nodes", "alice", 403, get("/api/v1/nodes")],
  ["no list of namespaces", "alice", 403, get("/api/v1/namespaces")],
  ["no namespace more", "alice", 403, post("/api/v1/namespaces", body("Namespace"))],
  ["no larger quota", "alice", 403, remove(`${own}/resourcequotas/team`)],
  ["no other limits", "alice", 403, remove(`${own}/limitranges/team`)],
  ["no namespace less", "alice", 403, remove(own)],
  ["no end of the own binding", "alice", 403, remove(`${RBAC}/namespaces/blue/rolebindings/team-edit`)],
  [
    "no grant",
    "alice",
    403,
    post(`${RBAC}/namespaces/blue/rolebindings`, body("RoleBinding", "rbac.authorization.k8s.io/v1", GRANT)),
  ],
  [
    "no grant everywhere",
    "alice",
    403,
    post(`${RBAC}/clusterrolebindings`, body("ClusterRoleBinding", "rbac.authorization.k8s.io/v1", GRANT)),
  ],
  ["no role", "alice", 403, post(`${RBAC}/namespaces/blue/roles`, body("Role", "rbac.authorization.k8s.io/v1"))],
  [
    "no token of another namespace",
    "alice",
    403,
    post("/api/v1/namespaces/kube-system/serviceaccounts/default/token", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
    }),
  ],
  [
    "no certificate",
    "alice",
    403,
    post(
      "/apis/certificates.k8s.io/v1/certificatesigningrequests",
      body("CertificateSigningRequest", "certificates.k8s.io/v1"),
    ),
  ],
];
