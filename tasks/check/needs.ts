/** What a stack needs of a Google Cloud project before its first update. Pure functions of its settings. */
import type { Settings } from "../../config";

/** The permissions by which the provider and the program make, read, change and delete a stack. roles/compute.admin has them all. */
export const PERMISSIONS: string[] = [
  ...of("addresses", "create", "delete", "get", "setLabels", "use"),
  ...of("disks", "create"),
  ...of("firewalls", "create", "delete", "get", "update"),
  ...of("forwardingRules", "create", "delete", "get", "setLabels", "setTarget"),
  ...of("globalOperations", "get"),
  ...of("httpHealthChecks", "create", "delete", "get", "update", "useReadOnly"),
  ...of("instances", "create", "delete", "get", "getGuestAttributes", "setLabels", "setMachineType", "setMetadata"),
  ...of("instances", "setTags", "start", "stop", "update", "use"),
  ...of("machineTypes", "get"),
  ...of("networks", "create", "delete", "get", "updatePolicy"),
  ...of("projects", "get"),
  ...of("regionOperations", "get"),
  ...of("regions", "get"),
  ...of("subnetworks", "create", "delete", "get", "update", "use", "useExternalIp"),
  ...of("targetPools", "addInstance", "create", "delete", "get", "removeInstance", "use"),
  ...of("zoneOperations", "get"),
  ...of("zones", "get"),
];

function of(collection: string, ...verbs: string[]): string[] {
  return verbs.map((verb) => `compute.${collection}.${verb}`);
}

export type Planned = Pick<
  Settings,
  "name" | "region" | "zones" | "controllers" | "machineType" | "diskType" | "diskSizeGb" | "image"
>;

/** How much of a quota a stack takes, by metric. */
export interface Quotas {
  regional: Record<string, number>;
  global: Record<string, number>;
}

const DISK_METRICS: Record<string, string> = {
  "pd-standard": "DISKS_TOTAL_GB",
  // Google counts balanced disks as SSDs.
  "pd-balanced": "SSD_TOTAL_GB",
  "pd-ssd": "SSD_TOTAL_GB",
  "hyperdisk-balanced": "HDB_TOTAL_GB",
};

/** `cpus`: processors of the machine type. `metrics`: the metrics that the region has. Newer series have separate quotas. */
export function quotas(
  { controllers, machineType, diskType, diskSizeGb }: Planned,
  cpus: number,
  metrics: string[],
): Quotas {
  const series = `${machineType.split("-")[0]!.toUpperCase()}_CPUS`;
  const disks = DISK_METRICS[diskType];
  return {
    regional: {
      [metrics.includes(series) ? series : "CPUS"]: controllers * cpus,
      INSTANCES: controllers,
      ...(disks && { [disks]: controllers * diskSizeGb }),
      // Those of the machines, and the front door's.
      IN_USE_ADDRESSES: controllers + 1,
      STATIC_ADDRESSES: controllers + 1,
    },
    global: {
      CPUS_ALL_REGIONS: controllers * cpus,
      FIREWALLS: 4,
      FORWARDING_RULES: 1,
      HEALTH_CHECKS: 1,
      NETWORKS: 1,
      SUBNETWORKS: 1,
      TARGET_POOLS: 1,
    },
  };
}

/** An organization policy that can be in the way. */
export interface PolicyNeed {
  constraint: string;
  /** The values that a list must allow, any one spelling of each; undefined for a policy that must not be enforced. */
  values?: string[][];
  why: string;
}

export function policies({ name, region, zones, controllers, image }: Planned, project: string): PolicyNeed[] {
  const instances = Array.from({ length: controllers }, (_, i) => [
    `projects/${project}/zones/${zones[i % zones.length]}/instances/${name}-controller-${i}`,
  ]);
  const owner = imageOf(image)?.project;
  return [
    {
      constraint: "compute.disableGuestAttributesAccess",
      why: "machines publish their SSH host keys as guest attributes",
    },
    { constraint: "compute.requireOsLogin", why: "the program logs in with a key in the machines' metadata" },
    { constraint: "compute.vmExternalIpAccess", values: instances, why: "machines have external addresses" },
    { constraint: "compute.vmCanIpForward", values: instances, why: "machines may forward packets of Pods" },
    ...(owner
      ? [
          {
            constraint: "compute.trustedImageProjects",
            values: [[`projects/${owner}`]],
            why: `machines boot an image of ${owner}`,
          },
        ]
      : []),
    {
      constraint: "compute.restrictLoadBalancerCreationForTypes",
      values: [["EXTERNAL_NETWORK_TCP_UDP", "in:EXTERNAL"]],
      why: "the API's address is that of a network load balancer",
    },
    {
      constraint: "gcp.resourceLocations",
      values: [[region, `in:${region}-locations`, `in:${region.split("-")[0]}-locations`]],
      why: `the stack is in ${region}`,
    },
  ];
}

/** The project and the family of an image; undefined when the setting names it otherwise. */
export function imageOf(image: string): { project: string; family: string } | undefined {
  const [, project, family] =
    /^(?:.*projects\/)?([a-z0-9-]+)\/(?:global\/images\/family\/)?([a-z0-9-]+)$/.exec(image) ?? [];
  return project && family ? { project, family } : undefined;
}
