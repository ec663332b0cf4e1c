import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { checkEach, Problem, rawSettings, SettingsError } from "../../settings/problems";
import { text, whole } from "../../settings/schema";

/** What a person may do in the namespace: Kubernetes' own role of that name. */
const ROLES = ["edit", "view"] as const;
export type Role = (typeof ROLES)[number];

const LABEL = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;
const NO_LABEL = "use up to 40 of a-z, 0-9 and -, no - at the ends";

const ROLE_OF_EACH = 'is no map from names to edit or view; for example {"alice":"edit"}';

const people = z
  .string()
  .transform((value, context): unknown => {
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: "custom", message: ROLE_OF_EACH });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.unknown(), { error: ROLE_OF_EACH }))
  .superRefine((roles, context) => {
    const wrong = (message: string) => context.addIssue({ code: "custom", message });
    for (const [person, role] of Object.entries(roles)) {
      if (!LABEL.test(person)) wrong(`has ${JSON.stringify(person)}, which is no name for a person; ${NO_LABEL}`);
      if (!ROLES.includes(role as Role))
        wrong(`gives ${JSON.stringify(person)} ${JSON.stringify(role)}, which is no role; use ${ROLES.join(" or ")}`);
    }
  })
  .transform((roles) => roles as Record<string, Role>);

/** In thousandths of a processor. Kubernetes keeps whole processors without the m. */
const cpu = text(/^[1-9]\d*m?$/, "is no amount of processors; for example 4, or 250m for a quarter of one").transform(
  (value) => (value.endsWith("m") ? Number(value.slice(0, -1)) : Number(value) * 1000),
);
/** In MiB. */
const memory = text(/^[1-9]\d*[MG]i$/, "is no amount of memory; for example 256Mi or 8Gi").transform(
  (value) => Number(value.slice(0, -2)) * (value.endsWith("Gi") ? 1024 : 1),
);

/** As Kubernetes writes them, so that nothing looks changed when it is read back. */
export const asCpu = (thousandths: number) => (thousandths % 1000 === 0 ? `${thousandths / 1000}` : `${thousandths}m`);
export const asMemory = (mib: number) => (mib % 1024 === 0 ? `${mib / 1024}Gi` : `${mib}Mi`);

/** Descriptions and defaults: `config` in Pulumi.yaml. */
export const schema = z.object({
  controlPlane: text(
    /^[^/\s]+\/[^/\s]+\/[^/\s]+$/,
    "is no stack; write it as ORGANIZATION/PROJECT/STACK, for example organization/hardway/dev; " +
      "`pulumi stack ls --all` lists them",
  ),
  team: text(LABEL, `is no name for a team and its namespace; ${NO_LABEL}`).refine(
    (name) => name !== "default" && !name.startsWith("kube-"),
    "is a namespace of Kubernetes' own; use another name",
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
  const s = checkEach(raw, schema, "tenant", problems);
  const atMost = (key: "containerCpu" | "containerMemory", of: "quotaCpu" | "quotaMemory") => {
    if (s[key] !== undefined && s[of] !== undefined && s[key] > s[of])
      problems.push({ key, value: raw[key], message: `is more than ${of}, ${raw[of]}: no container could start` });
  };
  atMost("containerCpu", "quotaCpu");
  atMost("containerMemory", "quotaMemory");
  if (s.renewBeforeDays !== undefined && s.certificateDays !== undefined && s.renewBeforeDays >= s.certificateDays)
    problems.push({
      key: "renewBeforeDays",
      value: raw.renewBeforeDays,
      message: `must be less than certificateDays, ${s.certificateDays}, or every pulumi up would renew`,
    });
  if (problems.length > 0) throw new SettingsError(stack, problems, "tenant");
  return s as Settings;
}

/** The settings of the stack that is being run. */
export const readSettings = () => parseSettings(rawSettings(), pulumi.getStack());
