/** Rules for single settings, which the engine passes as text, with lists and maps as JSON. The programs' schemas are made of them. */
import { z } from "zod";
import { NO_RANGE, rangeProblem } from "./cidr";
import { SYSTEM_USERS } from "./systemUsers";

export const text = (pattern: RegExp, message: string) =>
  z.string({ error: message }).regex(pattern, { error: message, abort: true });

/** A whole number. The engine passes it as text. */
export const whole = (least: number, most: number, unit: string) => {
  const message = `must be a whole number from ${least} to ${most} (${unit})`;
  return z
    .string({ error: message })
    .regex(/^-?\d+$/, { error: message, abort: true })
    .transform(Number)
    .refine((n) => n >= least && n <= most, message);
};

export const range = z.string({ error: NO_RANGE }).superRefine((value, context) => {
  const message = rangeProblem(value);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** What JSON says; `message` for other text. */
export const json = (message: string) =>
  z.string().transform((value, context): unknown => {
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
  });

const NO_LIST = "must be a list, written as [first, second]";

export const list = <T extends z.ZodType>(item: T) =>
  json(NO_LIST)
    .pipe(z.array(item, { error: NO_LIST }))
    .superRefine((items, context) => {
      items.forEach((value, index) => {
        if (items.indexOf(value) < index)
          context.addIssue({ code: "custom", path: [index], message: "must not list an element twice" });
      });
    });

export const mirror = text(/^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/, "must be an http or https URL without a query")
  .refine(
    (url) => !/^https?:\/\/[^/]*@/.test(url),
    "must not contain a user or a password, because everybody who may see the machines' metadata could read them; use a mirror that needs none",
  )
  .transform((url) => url.replace(/\/+$/, ""));

export const flag = text(/^(true|false)$/, "must be true or false").transform((value) => value === "true");

export const networkTier = text(
  /^(PREMIUM|STANDARD)?$/,
  "must be PREMIUM or STANDARD, or empty for the project's default",
);
export const machineType = text(/^[a-z][a-z0-9-]+$/, "must be a machine type, for example e2-standard-2");
export const image = text(
  /^[\w./:-]+$/,
  "must be an image written as PROJECT/FAMILY, for example debian-cloud/debian-12",
);
export const diskType = text(/^[a-z][a-z0-9-]+$/, "must be a disk type, for example pd-ssd or pd-balanced");
export const zone = text(/^[a-z]+-[a-z]+\d+-[a-z]$/, "must be a zone, for example europe-west1-b");

export const sshUser = text(
  /^[a-z_][a-z0-9_-]{0,31}$/,
  "must have 1 to 32 characters from a-z, 0-9, _ and -, and start with a letter or _",
).refine(
  (user) => !SYSTEM_USERS.has(user),
  "must not be a user or group that machines already have; use for example hardway",
);
