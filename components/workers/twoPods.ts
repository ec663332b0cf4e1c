import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface TwoPodsArgs {
  metadata: kubernetes.types.input.meta.v1.ObjectMeta;
  /** They select the Pods. */
  labels: Record<string, string>;
  /** Without what `twoPods` adds. */
  pod: kubernetes.types.input.core.v1.PodSpec;
  /** The workers, of which one at least must be Ready. */
  workers: pulumi.Resource[];
}

/**
 * An add-on of the cluster as a Deployment of two Pods, which keep to different workers where they can, and of which at most one is down
 * at a time. Done when both are ready.
 */
export function twoPods(
  name: string,
  { metadata, labels, pod, workers }: TwoPodsArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.apps.v1.Deployment {
  const selector = { matchLabels: labels };
  new kubernetes.policy.v1.PodDisruptionBudget(
    `${name}-budget`,
    { metadata, spec: { maxUnavailable: 1, selector } },
    options,
  );
  return new kubernetes.apps.v1.Deployment(
    `${name}-deployment`,
    {
      metadata,
      spec: {
        replicas: 2,
        strategy: { rollingUpdate: { maxUnavailable: 1 } },
        selector,
        template: {
          metadata: { labels },
          spec: {
            priorityClassName: "system-cluster-critical",
            tolerations: [{ key: "CriticalAddonsOnly", operator: "Exists" }],
            nodeSelector: { "kubernetes.io/os": "linux" },
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: "kubernetes.io/hostname",
                whenUnsatisfiable: "ScheduleAnyway",
                labelSelector: selector,
              },
            ],
            ...pod,
          },
        },
      },
    },
    { ...options, dependsOn: workers },
  );
}
