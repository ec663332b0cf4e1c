import { stringify } from "yaml";

/**
 * Who did what, without what they wrote where that is a secret, and without the noise of health probes, leases and
 * the control plane's own watches.
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
      // Before the rule for the control plane: whoever comes with its identity leaves a trace of every Secret it reads.
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
