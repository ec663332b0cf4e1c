import { stringify } from "yaml";

/**
 * Admission plugins to enable, besides those that are enabled by default. The last two are not in the source documents.
 * DenyServiceExternalIPs stops users who may write Services from redirecting traffic to them (CVE-2020-8554).
 * EventRateLimit stops the events of one namespace from filling etcd.
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

/**
 * The configuration file of the admission plugins. A namespace may have as many events as one busy kubelet sends, and many
 * more in short bursts.
 */
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
