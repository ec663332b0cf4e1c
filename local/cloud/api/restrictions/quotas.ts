/** Quotas: https://cloud.google.com/compute/resource-usage */
import { regionOfZone } from "../../../../lib/regions";
import { EXTERNAL_POOL } from "../../addresses";
import { machineType } from "../../catalog/machineTypes";
import { toNumber } from "../../../../lib/ipv4";
import { CloudState, Path } from "../../state/model";
import { parsePath, Place } from "../../state/path";
import { ApiError } from "../errors";
import { restrictionsOf } from "./restrictions";

/** A resource whose path is in a project and, for a regional metric, in a region. */
type Here = (path: Path) => boolean;
type Usage = (state: CloudState, here: Here) => number;

const within = <T>(table: Record<Path, T>, here: Here): T[] =>
  Object.entries(table).flatMap(([path, resource]) => (here(path) ? [resource] : []));
const count =
  (
    collection:
      | "networks"
      | "subnetworks"
      | "firewalls"
      | "routes"
      | "httpHealthChecks"
      | "targetPools"
      | "forwardingRules"
      | "instances",
  ): Usage =>
  (state, here) =>
    within<object>(state[collection], here).length;
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
const cpus: Usage = (state, here) =>
  sum(within(state.instances, here).map((instance) => machineType(instance.machineType)?.guestCpus ?? 0));
const disks =
  (isOfType: (type: string) => boolean): Usage =>
  (state, here) =>
    sum(within(state.disks, here).map(({ type, sizeGb }) => (isOfType(type) ? sizeGb : 0)));

const REGIONAL: Record<string, Usage> = {
  CPUS: cpus,
  DISKS_TOTAL_GB: disks((type) => type === "pd-standard"),
  INSTANCES: count("instances"),
  IN_USE_ADDRESSES: (state, here) =>
    within(state.instances, here).filter(({ nic }) => nic.accessConfig?.natIP).length +
    new Set(within(state.forwardingRules, here).map((rule) => rule.IPAddress)).size,
  // Google counts balanced disks as SSDs.
  SSD_TOTAL_GB: disks((type) => ["pd-ssd", "pd-balanced"].includes(type)),
  STATIC_ADDRESSES: (state, here) =>
    within(state.addresses, here).filter(({ addressType }) => addressType === "EXTERNAL").length,
};

const GLOBAL: Record<string, Usage> = {
  CPUS_ALL_REGIONS: cpus,
  FIREWALLS: count("firewalls"),
  FORWARDING_RULES: count("forwardingRules"),
  HEALTH_CHECKS: count("httpHealthChecks"),
  NETWORKS: count("networks"),
  ROUTES: count("routes"),
  SUBNETWORKS: count("subnetworks"),
  TARGET_POOLS: count("targetPools"),
};

export const isMetric = (name: string) => name in REGIONAL || name in GLOBAL;

const POOL_SIZE = toNumber(EXTERNAL_POOL[1]) - toNumber(EXTERNAL_POOL[0]) + 1;
/** Far above what fits on one computer. */
const UNLIMITED = 10_000;

interface Quota {
  metric: string;
  limit: number;
  usage: number;
}

/** The quotas of a project or, in a region, of that region. */
export function quotasOf(state: CloudState, project: string, region?: string): Quota[] {
  const { quotas } = restrictionsOf(state, project);
  const here: Here = (path) => {
    const { scope, location, project: owner } = parsePath(path)!;
    return owner === project && (!region || (scope === "zones" ? regionOfZone(location!) : location) === region);
  };
  return Object.entries(region ? REGIONAL : GLOBAL).map(([metric, usage]) => ({
    metric,
    limit: quotas[metric] ?? (metric.endsWith("_ADDRESSES") ? POOL_SIZE : UNLIMITED),
    usage: usage(state, here),
  }));
}

/** Adds a resource in `place`. Throws Google's error when it takes more of a quota than is left. */
export function withinQuotas<T>(draft: CloudState, { project, scope, location }: Place, adds: () => T): T {
  if (Object.keys(restrictionsOf(draft, project).quotas).length === 0) return adds();
  const region = scope === "zones" ? regionOfZone(location!) : location;
  const all = () => [...(region ? quotasOf(draft, project, region) : []), ...quotasOf(draft, project)];
  const before = all();
  const made = adds();
  const exceeded = all().find(({ usage, limit }, i) => usage > limit && usage > before[i]!.usage);
  if (!exceeded) return made;
  const { metric, limit } = exceeded;
  const where = metric in REGIONAL ? `in region ${region}` : "globally";
  throw new ApiError(403, "quotaExceeded", `Quota '${metric}' exceeded.  Limit: ${limit.toFixed(1)} ${where}.`);
}
