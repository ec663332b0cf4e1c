/** Checks of request bodies, by zod, with messages as Google writes them. */
import { z } from "zod";
import { isIPv4, parseCidr } from "../../../lib/ipv4";
import { ApiError, ErrorDetail, show } from "./errors";

export const NAME_PATTERN = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)";
const mustMatch = (pattern: string) => `Must be a match of regex '${pattern}'`;

/** A resource's name, in the form of RFC 1035. */
export const resourceName = z.string().regex(new RegExp(`^${NAME_PATTERN}$`), mustMatch(NAME_PATTERN));

/** A whole number in a range. May be text, as which Google's API sends 64-bit numbers. */
export const integer = (least: number, most: number) =>
  z
    .union([z.number(), z.string().regex(/^-?\d{1,16}$/)])
    .transform(Number)
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, {
      error: `Must be an integer between ${least} and ${most}.`,
    });

export const cidr = z.string().refine((text) => parseCidr(text) !== undefined, {
  error: "Must be an IPv4 CIDR range without host bits, such as 10.0.0.0/24.",
});

export const address = z.string().refine(isIPv4, { error: "Must be an IPv4 address." });

const TAG = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)";
export const tags = z.array(z.string().regex(new RegExp(`^${TAG}$`), mustMatch(TAG))).max(64);

const LABEL_KEY = "[\\p{Ll}\\p{Lo}][\\p{Ll}\\p{Lo}\\p{N}_-]{0,62}";
const LABEL_VALUE = "[\\p{Ll}\\p{Lo}\\p{N}_-]{0,63}";
export const labels = z.record(
  z.string().regex(new RegExp(`^${LABEL_KEY}$`, "u"), mustMatch(LABEL_KEY)),
  z.string().regex(new RegExp(`^${LABEL_VALUE}$`, "u"), mustMatch(LABEL_VALUE)),
);

/** A field of the API that has no effect in the local cloud: accepted, but not stored. */
export const ignored = z.unknown().optional();

/** Fields that are in every resource's answer, and that a caller may send back. */
const outputOnly = {
  kind: ignored,
  id: ignored,
  selfLink: ignored,
  selfLinkWithId: ignored,
  creationTimestamp: ignored,
  fingerprint: ignored,
  labelFingerprint: ignored,
  region: ignored,
  zone: ignored,
  status: ignored,
  params: ignored,
};

/** A resource's body: these fields and the output-only ones. Any other field is refused. */
export function resource<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject({ ...outputOnly, description: z.string().max(2048).optional(), ...shape });
}

/** Checks a body. Throws one error with all problems. `root` is Google's name for the body in messages, mostly `resource`. */
export function check<T extends z.ZodType>(schema: T, body: unknown, root = "resource"): z.output<T> {
  const given = dropNulls(body) ?? {};
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const details = result.error.issues.flatMap((issue) => explain(issue, given, root));
  throw new ApiError(400, details[0]!.reason, details[0]!.message, details);
}

/** Removes fields that are null, which mean absent fields in the API's JSON. */
function dropNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((part) => part !== null).map(dropNulls);
  if (value === null) return undefined;
  if (typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([key, part]) => [key, dropNulls(part)]),
  );
}

function explain(issue: z.core.$ZodIssue, body: unknown, root: string): ErrorDetail[] {
  const field = issue.path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}.${String(part)}`),
    root,
  );
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      message: `Invalid JSON payload received. Unknown name "${key}" at '${field}': Cannot find field.`,
      reason: "badRequest",
    }));
  }
  const value = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)?.[key], body);
  if (value === undefined) return [{ message: `Required field '${field}' not specified`, reason: "required" }];
  // A field named "value" is metadata, which may be secret, so the message does not show it.
  const shown = field.endsWith(".value") ? "" : ` '${show(value)}'`;
  return [{ message: `Invalid value for field '${field}':${shown}. ${issue.message}`, reason: "invalid" }];
}
