import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { checkEach, mustBe, Problem, SettingsError } from "./problems";

/** What a person may do in the namespace: the ClusterRole of that name, which every Kubernetes cluster has. */
const ROLES = ["edit", "view"] as const;
export type Role = (typeof ROLES)[number];

const text = (pattern: RegExp, message: string) => z.string().regex(pattern, { error: message, abort: true });

/** A number that the engine passes as text. */
const whole = (least: number, most: number, unit: string) => {
  const error = `must be a whole number from ${least} to ${most} (${unit})`;
  return text(/^-?\d+$/, error)
    .transform(Number)
    .refine((n) => n >= least && n <= most, error);
};

const LABEL = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;
const LABEL_RULE = "1 to 40 characters from a-z, 0-9 and -, and must not start or end with -";

const PEOPLE_RULE = 'must map names to edit or view, for example {"alice":"edit"}';

const people = z
  .string()
  .transform((value, context): unknown => {
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: "custom", message: PEOPLE_RULE });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.unknown(), { error: PEOPLE_RULE }))
  .superRefine((roles, context) => {
    const wrong = (message: string, got: unknown) => context.addIssue({ code: "custom", message, params: { got } });
    for (const [person, role] of Object.entries(roles)) {
      if (!LABEL.test(person)) wrong(`must have names of ${LABEL_RULE}`, person);
      if (!ROLES.includes(role as Role)) wrong(`must give ${person} the role ${ROLES.join(" or ")}`, role);
    }
  })
  .transform((roles) => roles as Record<string, Role>);

/** In thousandths of a processor. */
const cpu = text(
  /^[1-9]\d*m?$/,
  "must be a number of processors, for example 4, or 250m for a quarter of one",
).transform((value) => (value.endsWith("m") ? Number(value.slice(0, -1)) : Number(value) * 1000));

/** In MiB. */
const memory = text(/^[1-9]\d*[MG]i$/, "must be an amount of memory, for example 256Mi or 8Gi").transform(
  (value) => Number(value.slice(0, -2)) * (value.endsWith("Gi") ? 1024 : 1),
);

/** The form in which Kubernetes returns amounts, so that a refresh finds no difference. */
export const asCpu = (thousandths: number) => (thousandths % 1000 === 0 ? `${thousandths / 1000}` : `${thousandths}m`);
export const asMemory = (mib: number) => (mib % 1024 === 0 ? `${mib / 1024}Gi` : `${mib}Mi`);

/** The rule for each setting. Descriptions and defaults are in Pulumi.yaml. */
export const schema = z.object({
  controlPlane: text(
    /^[^/\s]+\/[^/\s]+\/[^/\s]+$/,
    "must be a stack's full name, ORGANIZATION/PROJECT/STACK, for example organization/hardway/dev " +
      "(`pulumi stack ls --all` lists them)",
  ),
  team: text(LABEL, `must have ${LABEL_RULE}`).refine(
    (name) => name !== "default" && !name.startsWith("kube-"),
    "must not be a namespace that Kubernetes uses: default or kube-…",
  ),
  people,
  quotaCpu: cpu,
  quotaMemory: memory,
  quotaPods: whole(1, 100000, "Pods"),
  containerCpu: cpu,
  containerMemory: memory,
  certificateDays: whole(1, 3650, "days"),
  renewBeforeDays: whole(0, 3650, "days"),
});

export type Settings = z.infer<typeof schema>;

/** Checks `raw`, settings as text by name. Throws a SettingsError that lists every problem. */
export function parseSettings(raw: Record<string, string>, stack: string): Settings {
  const problems: Problem[] = [];
  const s = checkEach(raw, schema, problems);
  const wrong = (key: keyof Settings, message: string) => problems.push({ key, message: mustBe(message, raw[key]) });
  const atMost = (key: "containerCpu" | "containerMemory", quota: "quotaCpu" | "quotaMemory") => {
    if (s[key] !== undefined && s[quota] !== undefined && s[key] > s[quota])
      wrong(key, `must be at most ${quota} (${raw[quota]}), otherwise no container can start`);
  };
  atMost("containerCpu", "quotaCpu");
  atMost("containerMemory", "quotaMemory");
  if (s.renewBeforeDays !== undefined && s.certificateDays !== undefined && s.renewBeforeDays >= s.certificateDays)
    wrong(
      "renewBeforeDays",
      `must be less than certificateDays (${s.certificateDays}), otherwise every pulumi up renews the certificates`,
    );
  if (problems.length > 0) throw new SettingsError(stack, problems);
  return s as Settings;
}

/** Reads and checks the settings of the stack that the engine is running. */
export function readSettings(): Settings {
  const prefix = `${pulumi.getProject()}:`;
  const raw = Object.entries(pulumi.runtime.allConfig()).flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
  );
  return parseSettings(Object.fromEntries(raw), pulumi.getStack());
}
