import { stringify } from "yaml";

/**
 * Admission plugins beside those that are on by default. The last two are not in the source documents:
 * DenyServiceExternalIPs keeps who may write Services from drawing other traffic to them (CVE-2020-8554), EventRateLimit
 * keeps one namespace's events from filling etcd.
 */
export const ADMISSION_PLUGINS = [
  "NamespaceLifecycle",
  "NodeRestriction",
  "LimitRanger",
  "ServiceAccount",
  "DefaultStorageClass",
  "ResourceQuota",
  "DenyServiceExternalIPs",
  "EventRateLimit",
] as const;

/** What an admission plugin reads. A namespace may have as many events as one busy kubelet sends, and short bursts of many more. */
export function admissionConfig(): string {
  return stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AdmissionConfiguration",
    plugins: [
      {
        name: "EventRateLimit",
        configuration: {
          apiVersion: "eventratelimit.admission.k8s.io/v1alpha1",
          kind: "Configuration",
          limits: [{ type: "Namespace", qps: 50, burst: 1000 }],
        },
      },
    ],
  });
}
