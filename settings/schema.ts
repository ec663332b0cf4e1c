import { z } from "zod";
import { LEAST_DRAIN_SECONDS, MOST_DRAIN_SECONDS } from "../node/draining";
import { ETCD_MINORS, KUBERNETES_MINORS, minorOf } from "../node/versions";
import { API_ADDRESS, API_NAME, isApiAddress, isApiName } from "./apiNames";
import {
  diskType,
  flag,
  image,
  list,
  machineType,
  mirror,
  networkTier,
  range,
  sshUser,
  text,
  whole,
  zone,
} from "./rules";

export const CONTROLLER_COUNTS = [1, 3, 5] as const;
export type ControllerCount = (typeof CONTROLLER_COUNTS)[number];

/** The names that a cluster may have. The name of every cloud resource begins with it. */
export const NAME = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;
export const NAME_RULE = "must have 1 to 40 characters from a-z, 0-9 and -, start with a letter and not end with -";

/** Empty where the stack's settings name none. */
const version = (minors: string[]) =>
  text(/^(\d+\.\d+\.\d+)?$/, "must be a version written as MAJOR.MINOR.PATCH, without a v").refine(
    (v) => v === "" || minors.includes(minorOf(v)),
    `must be a supported version: ${minors.map((minor) => `${minor}.x`).join(" or ")}`,
  );

/** One year. Go, in which kube-apiserver is written, reads up to 292 years. */
const MOST_EVENT_TTL_HOURS = 8760;
const EVENT_TTL = `must be a length of time from 1s to ${MOST_EVENT_TTL_HOURS}h, for example 1h or 30m`;

/** Hours in a length of time such as 1h30m. */
function hoursIn(time: string): number {
  const [, hours, minutes, seconds] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(time)!;
  return Number(hours ?? 0) + Number(minutes ?? 0) / 60 + Number(seconds ?? 0) / 3600;
}

/** The limits of DNS, less the name kubernetes.default.svc before the domain. */
const MOST_LABEL = 63;
const MOST_DOMAIN = 253 - "kubernetes.default.svc.".length;

/** The rule for each setting. Rules between settings are in `check.ts`. Keys are those of Pulumi.yaml. */
export const schema = z.object({
  name: z.string().refine((name) => name === "" || NAME.test(name), NAME_RULE),
  controllers: text(/^[135]$/, "must be 1, 3 or 5, because etcd needs a majority").transform(
    (n) => Number(n) as ControllerCount,
  ),
  machineType,
  image,
  diskSizeGb: whole(10, 65536, "GiB"),
  diskType,
  deletionProtection: flag,
  secureBoot: flag,
  ipForwarding: flag,
  zones: list(zone),
  sshUser,
  administratorCidrs: list(range),
  apiClientCidrs: list(range),
  apiAddress: z.string().refine(isApiAddress, API_ADDRESS),
  apiServerNames: list(z.string({ error: API_NAME }).refine(isApiName, API_NAME)),
  endpointName: z.string(),
  networkTier,
  subnetCidr: range,
  podCidr: range,
  serviceCidr: range,
  nodePortRange: text(/^\d+-\d+$/, "must be a range of ports written as FIRST-LAST, for example 30000-32767"),
  clusterDomain: text(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "must be a DNS domain in lower case without a dot at the end, for example cluster.local",
  ).refine(
    (domain) => domain.length <= MOST_DOMAIN && domain.split(".").every((label) => label.length <= MOST_LABEL),
    `must have at most ${MOST_DOMAIN} characters, and at most ${MOST_LABEL} between two dots`,
  ),
  kubernetesVersion: version(KUBERNETES_MINORS),
  etcdVersion: version(ETCD_MINORS),
  kubernetesMirror: mirror,
  etcdMirror: mirror,
  authorityDays: whole(1, 36500, "days"),
  certificateDays: whole(1, 36500, "days"),
  renewBeforeDays: whole(0, 36500, "days"),
  eventTtl: text(/^(?=.*[1-9])(\d+h)?(\d+m)?(\d+s)?$/, EVENT_TTL).refine(
    (time) => hoursIn(time) <= MOST_EVENT_TTL_HOURS,
    EVENT_TTL,
  ),
  auditMaxAgeDays: whole(1, 36500, "days"),
  auditMaxBackups: whole(1, 1000, "files"),
  auditMaxSizeMb: whole(1, 100000, "MB"),
  maxRequestsInflight: whole(1, 1000000, "requests"),
  maxMutatingRequestsInflight: whole(1, 1000000, "requests"),
  drainSeconds: whole(LEAST_DRAIN_SECONDS, MOST_DRAIN_SECONDS, "seconds"),
  backupIntervalHours: whole(1, 168, "hours"),
  backupsKept: whole(1, 100, "backups"),
});

export type RawSettings = z.infer<typeof schema>;
