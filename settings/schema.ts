import { z } from "zod";
import { NO_RANGE, rangeProblem } from "./cidr";
import { SYSTEM_USERS } from "./systemUsers";

/** Kubernetes minor versions whose flags this program writes, and that are tested. */
export const KUBERNETES_MINORS = ["1.36"];
/** etcd minor versions whose flags this program writes, and that are tested. */
export const ETCD_MINORS = ["3.7"];
export const CONTROLLER_COUNTS = [1, 3, 5] as const;
export type ControllerCount = (typeof CONTROLLER_COUNTS)[number];

export const text = (pattern: RegExp, message: string) =>
  z.string({ error: message }).regex(pattern, { error: message, abort: true });

/** A value that came as text, since that is how the engine hands settings over. */
export const whole = (least: number, most: number, unit: string) =>
  z
    .string()
    .regex(/^-?\d+$/, { error: `is no whole number; use ${least} to ${most} ${unit}`, abort: true })
    .transform(Number)
    .refine((n) => n >= least && n <= most, `is out of range; use ${least} to ${most} ${unit}`);

const range = z.string({ error: NO_RANGE }).superRefine((value, context) => {
  const message = rangeProblem(value);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

const list = <T extends z.ZodType>(item: T) =>
  z
    .string()
    .transform((value, context): unknown => {
      try {
        return JSON.parse(value);
      } catch {
        context.addIssue({ code: "custom", message: `is no list; write it as [first, second]` });
        return z.NEVER;
      }
    })
    .pipe(z.array(item, { error: "is no list; write it as [first, second]" }))
    .superRefine((items, context) => {
      items.forEach((value, index) => {
        if (items.indexOf(value) < index)
          context.addIssue({ code: "custom", path: [index], message: "is listed twice; remove one" });
      });
    });

/** What every cloud resource's name can begin with. */
export const NAME = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;
export const NO_NAME =
  "is no name for cloud resources; use up to 40 of a-z, 0-9 and -, a letter first, no - at the end";

const version = (minors: string[], name: string) =>
  text(/^\d+\.\d+\.\d+$/, `is no version; write it as MAJOR.MINOR.PATCH, without a v`).refine(
    (v) => minors.includes(v.split(".").slice(0, 2).join(".")),
    `is not supported; this release of the program works with ${name} ${minors.join(" and ")}`,
  );

const mirror = text(/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/, "is no http or https URL without a query").transform((url) =>
  url.replace(/\/+$/, ""),
);

/** Every setting's own rules; rules between settings are in `check.ts`. Keys are those of Pulumi.yaml. */
export const schema = z.object({
  name: z.string().refine((name) => name === "" || NAME.test(name), NO_NAME),
  controllers: text(/^[135]$/, "is no number of controllers; etcd wants a majority, so use 1, 3 or 5").transform(
    (n) => Number(n) as ControllerCount,
  ),
  machineType: text(/^[a-z][a-z0-9-]+$/, "is no machine type; for example e2-standard-2"),
  image: text(/^[\w./:-]+$/, "is no image; write it as PROJECT/FAMILY, for example debian-cloud/debian-12"),
  diskSizeGb: whole(10, 65536, "GiB"),
  diskType: text(/^[a-z][a-z0-9-]+$/, "is no disk type; for example pd-ssd or pd-balanced"),
  zones: list(text(/^[a-z]+-[a-z]+\d+-[a-z]$/, "is no zone; for example europe-west1-b")),
  sshUser: text(
    /^[a-z_][a-z0-9_-]{0,31}$/,
    "is no user name; use up to 32 of a-z, 0-9, _ and -, no digit first",
  ).refine(
    (user) => !SYSTEM_USERS.has(user),
    "cannot be used: machines have a user or group of that name already; use another one, for example hardway",
  ),
  administratorCidrs: list(range),
  apiClientCidrs: list(range),
  subnetCidr: range,
  podCidr: range,
  serviceCidr: range,
  nodePortRange: text(/^\d+-\d+$/, "is no range of ports; write it as FIRST-LAST, for example 30000-32767"),
  clusterDomain: text(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "is no DNS domain; use lower case and no dot at the end, for example cluster.local",
  ),
  kubernetesVersion: version(KUBERNETES_MINORS, "Kubernetes"),
  etcdVersion: version(ETCD_MINORS, "etcd"),
  kubernetesMirror: mirror,
  etcdMirror: mirror,
  authorityDays: whole(1, 36500, "days"),
  certificateDays: whole(1, 36500, "days"),
  renewBeforeDays: whole(0, 36500, "days"),
  eventTtl: text(/^(?=.*[1-9])(\d+h)?(\d+m)?(\d+s)?$/, "is no length of time above zero; for example 1h or 30m"),
  auditMaxAgeDays: whole(1, 36500, "days"),
  auditMaxBackups: whole(1, 1000, "files"),
  auditMaxSizeMb: whole(1, 100000, "MB"),
  maxRequestsInflight: whole(1, 1000000, "requests"),
  maxMutatingRequestsInflight: whole(1, 1000000, "requests"),
});

export type RawSettings = z.infer<typeof schema>;
