import { RequestOptions } from "../../../verify/api";

/** What the people of the team blue may and may not do, as requests to the API. Requests that write are dry runs. */

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

/** Test name, person, expected HTTP status, request. */
export const rights: [string, "alice" | "bob", number, readonly [string, RequestOptions]][] = [
  ["an editor may create a Deployment", "alice", 201, post("/apis/apps/v1/namespaces/blue/deployments", deployment)],
  ["an editor may read the team's Secrets", "alice", 200, get(`${own}/secrets`)],
  ["an editor may read the team's quota", "alice", 200, get(`${own}/resourcequotas/team`)],
  ["a viewer may read Pods", "bob", 200, get(`${own}/pods`)],
  ["a viewer may not read Secrets", "bob", 403, get(`${own}/secrets`)],
  ["a viewer may not create objects", "bob", 403, post(`${own}/configmaps`, body("ConfigMap"))],
  ["an editor may not read Secrets of another namespace", "alice", 403, get("/api/v1/namespaces/kube-system/secrets")],
  ["an editor may not read Pods of another namespace", "alice", 403, get("/api/v1/namespaces/default/pods")],
  ["an editor may not read nodes", "alice", 403, get("/api/v1/nodes")],
  ["an editor may not list namespaces", "alice", 403, get("/api/v1/namespaces")],
  ["an editor may not create a namespace", "alice", 403, post("/api/v1/namespaces", body("Namespace"))],
  ["an editor may not delete the quota", "alice", 403, remove(`${own}/resourcequotas/team`)],
  ["an editor may not delete the default limits", "alice", 403, remove(`${own}/limitranges/team`)],
  ["an editor may not delete the namespace", "alice", 403, remove(own)],
  ["an editor may not delete the role binding", "alice", 403, remove(`${RBAC}/namespaces/blue/rolebindings/team-edit`)],
  [
    "an editor may not create a RoleBinding",
    "alice",
    403,
    post(`${RBAC}/namespaces/blue/rolebindings`, body("RoleBinding", "rbac.authorization.k8s.io/v1", GRANT)),
  ],
  [
    "an editor may not create a ClusterRoleBinding",
    "alice",
    403,
    post(`${RBAC}/clusterrolebindings`, body("ClusterRoleBinding", "rbac.authorization.k8s.io/v1", GRANT)),
  ],
  [
    "an editor may not create a Role",
    "alice",
    403,
    post(`${RBAC}/namespaces/blue/roles`, body("Role", "rbac.authorization.k8s.io/v1")),
  ],
  [
    "an editor may not create a token of another namespace's ServiceAccount",
    "alice",
    403,
    post("/api/v1/namespaces/kube-system/serviceaccounts/default/token", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
    }),
  ],
  [
    "an editor may not request a certificate",
    "alice",
    403,
    post(
      "/apis/certificates.k8s.io/v1/certificatesigningrequests",
      body("CertificateSigningRequest", "certificates.k8s.io/v1"),
    ),
  ],
];
