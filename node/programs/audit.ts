import { stringify } from "yaml";

/**
 * The audit policy: logs who did what, but not the content of Secrets and tokens. Leaves out health probes, events, and the
 * control plane's leases and reads.
 */
export function auditPolicy(): string {
  return stringify({
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [
      { level: "None", nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version", "/openapi/*"] },
      {
        level: "None",
        resources: [
          { group: "", resources: ["events"] },
          { group: "events.k8s.io", resources: ["events"] },
        ],
      },
      // Before the rules for the control plane, so that reads of Secrets with its identity are logged too.
      {
        level: "Metadata",
        resources: [
          { group: "", resources: ["secrets", "configmaps", "serviceaccounts/token"] },
          { group: "authentication.k8s.io", resources: ["tokenreviews"] },
        ],
      },
      { level: "None", users: CONTROL_PLANE, resources: [{ group: "coordination.k8s.io", resources: ["leases"] }] },
      { level: "None", users: CONTROL_PLANE, verbs: ["get", "list", "watch"] },
      { level: "Request", verbs: ["create", "update", "patch", "delete", "deletecollection"] },
      { level: "Metadata" },
    ],
  });
}

const CONTROL_PLANE = ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"];
