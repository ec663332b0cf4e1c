/** Users that certificates stand for, named once for who issues them and who grants them rights. */

/** The user kube-apiserver is to kubelets. */
export const KUBELET_CLIENT_USER = "kube-apiserver-kubelet-client";
/** Only this one may speak for others through the aggregation layer. */
export const FRONT_PROXY_USER = "front-proxy-client";
/** The health proxy: it has no rights but those of every known user, /healthz, /livez and /readyz. */
export const HEALTH_USER = "hardway:health-proxy";
/** The first administrator. */
export const ADMIN_USER = "hardway:admin";
