import { z } from "zod";
import { ETCD_MINORS, KUBERNETES_MINORS, minorOf } from "../node/versions";
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

const mirror = text(/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/, "must be an http or https URL without a query").transform(
  (url) => url.replace(/\/+$/, ""),
);

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
  subnetCidr: range,
  podCidr: range,
  serviceCidr: range,
  nodePortRange: text(/^\d+-\d+$/, "must be a range of ports written as FIRST-LAST, for example 30000-32767"),
  clusterDomain: text(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "must be a DNS domain in lower case without a dot at the end, for example cluster.local",
  ),
  kubernetesVersion: version(KUBERNETES_MINORS),
  etcdVersion: version(ETCD_MINORS),
  kubernetesMirror: mirror,
  etcdMirror: mirror,
  authorityDays: whole(1, 36500, "days"),
  certificateDays: whole(1, 36500, "days"),
  renewBeforeDays: whole(0, 36500, "days"),
  eventTtl: text(/^(?=.*[1-9])(\d+h)?(\d+m)?(\d+s)?$/, "must be a length of time above zero, for example 1h or 30m"),
  auditMaxAgeDays: whole(1, 36500, "days"),
  auditMaxBackups: whole(1, 1000, "files"),
  auditMaxSizeMb: whole(1, 100000, "MB"),
  maxRequestsInflight: whole(1, 1000000, "requests"),
  maxMutatingRequestsInflight: whole(1, 1000000, "requests"),
  backupIntervalHours: whole(1, 168, "hours"),
  backupsKept: whole(1, 100, "backups"),
});

export type RawSettings = z.infer<typeof schema>;
