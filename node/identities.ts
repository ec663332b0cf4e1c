/** The users in client certificates, and what they share in the API. Certificates, RBAC bindings and programs must use the same names. */

/** kube-apiserver's user on kubelets. */
export const KUBELET_CLIENT_USER = "kube-apiserver-kubelet-client";
/** kube-apiserver's user on aggregated API servers. Only this user may pass on the name of another user. */
export const FRONT_PROXY_USER = "front-proxy-client";
/** The health proxy. It has only the rights that every authenticated user has, such as GET on /healthz, /livez and /readyz. */
export const HEALTH_USER = "hardway:health-proxy";
/** The program on each controller that approves kubelets' requests for serving certificates. */
export const KUBELET_CSR_APPROVER_USER = "hardway:kubelet-csr-approver";
/** In kube-system: the address of each worker, by its name. A kubelet gets a serving certificate for these and no others. */
export const WORKERS_CONFIG_MAP = "hardway-workers";
/** The first administrator. */
export const ADMIN_USER = "hardway:admin";
/** kube-proxy on every worker. Kubernetes itself gives this user its rights. */
export const KUBE_PROXY_USER = "system:kube-proxy";
/** The group of a machine that joins, by its bootstrap token. */
export const JOINING_GROUP = "system:bootstrappers:hardway";
