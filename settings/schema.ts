import { z } from "zod";
import { LEAST_DRAIN_SECONDS, MOST_DRAIN_SECONDS } from "../node/draining";
import { ETCD_MINORS, KUBERNETES_MINORS, minorOf } from "../node/versions";
import { API_ADDRESS, API_NAME, isApiAddress, isApiName } from "./apiNames";
import { NO_RANGE, rangeProblem } from "./cidr";
import { SYSTEM_USERS } from "./systemUsers";

export const CONTROLLER_COUNTS = [1, 3, 5] as const;
export type ControllerCount = (typeof CONTROLLER_COUNTS)[number];

const text = (pattern: RegExp, message: string) =>
  z.string({ error: message }).regex(pattern, { error: message, abort: true });

/** A whole number. The engine passes it as text. */
const whole = (least: number, most: number, unit: string) => {
  const message = `must be a whole number from ${least} to ${most} (${unit})`;
  return z
    .string({ error: message })
    .regex(/^-?\d+$/, { error: message, abort: true })
    .transform(Number)
    .refine((n) => n >= least && n <= most, message);
};

const range = z.string({ error: NO_RANGE }).superRefine((value, context) => {
  const message = rangeProblem(value);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

const NO_LIST = "must be a list, written as [first, second]";

const list = <T extends z.ZodType>(item: T) =>
  z
    .string()
    .transform((value, context): unknown => {
      try {
        return JSON.parse(value);
      } catch {
        context.addIssue({ code: "custom", message: NO_LIST });
        return z.NEVER;
      }
    })
    .pipe(z.array(item, { error: NO_LIST }))
    .superRefine((items, context) => {
      items.forEach((value, index) => {
        if (items.indexOf(value) < index)
          context.addIssue({ code: "custom", path: [index], message: "must not list an element twice" });
      });
    });

/** The names that a cluster may have. The name of every cloud resource begins with it. */
export const NAME = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;
export const NAME_RULE = "must have 1 to 40 characters from a-z, 0-9 and -, start with a letter and not end with -";

/** Empty where the stack's settings name none. */
const version = (minors: string[]) =>
  text(/^(\d+\.\d+\.\d+)?$/, "must be a version written as MAJOR.MINOR.PATCH, without a v").refine(
    (v) => v === "" || minors.includes(minorOf(v)),
    `must be a supported version: ${minors.map((minor) => `${minor}.x`).join(" or ")}`,
  );

const mirror = text(/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/, "must be an http or https URL without a query")
  .refine(
    (url) => !/^https?:\/\/[^/]*@/.test(url),
    "must not contain a user or a password, because everybody who may see the machines' metadata could read them; use a mirror that needs none",
  )
  .transform((url) => url.replace(/\/+$/, ""));

const flag = text(/^(true|false)$/, "must be true or false").transform((value) => value === "true");

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
  machineType: text(/^[a-z][a-z0-9-]+$/, "must be a machine type, for example e2-standard-2"),
  image: text(/^[\w./:-]+$/, "must be an image written as PROJECT/FAMILY, for example debian-cloud/debian-12"),
  diskSizeGb: whole(10, 65536, "GiB"),
  diskType: text(/^[a-z][a-z0-9-]+$/, "must be a disk type, for example pd-ssd or pd-balanced"),
  deletionProtection: flag,
  secureBoot: flag,
  ipForwarding: flag,
  zones: list(text(/^[a-z]+-[a-z]+\d+-[a-z]$/, "must be a zone, for example europe-west1-b")),
  sshUser: text(
    /^[a-z_][a-z0-9_-]{0,31}$/,
    "must have 1 to 32 characters from a-z, 0-9, _ and -, and start with a letter or _",
  ).refine(
    (user) => !SYSTEM_USERS.has(user),
    "must not be a user or group that machines already have; use for example hardway",
  ),
  administratorCidrs: list(range),
  apiClientCidrs: list(range),
  apiAddress: z.string().refine(isApiAddress, API_ADDRESS),
  apiServerNames: list(z.string({ error: API_NAME }).refine(isApiName, API_NAME)),
  endpointName: z.string(),
  networkTier: text(/^(PREMIUM|STANDARD)?$/, "must be PREMIUM or STANDARD, or empty for the project's default"),
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
