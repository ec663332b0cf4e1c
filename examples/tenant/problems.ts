import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** Something wrong with one setting. */
export interface Problem {
  key: string;
  /** What must hold and what was set. Printed after the key. */
  message: string;
}

export const mustBe = (message: string, got: unknown) => `${message}; got ${JSON.stringify(got)}`;

/** All problems with a stack's settings, in one error. */
export class SettingsError extends pulumi.RunError {
  constructor(stack: string, problems: Problem[]) {
    const lines = problems.map(({ key, message }) => `  tenant:${key} ${message}`);
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(
      `${count} in the settings of stack ${stack} (Pulumi.${stack}.yaml); nothing was changed:\n${lines.join("\n")}`,
    );
  }
}

/**
 * Checks each setting by itself and returns those that are valid, so that rules between settings can be checked too. Adds
 * every setting that is invalid, missing or unknown to `problems`. A rule that finds a part of a value invalid gives that
 * part as `params.got`.
 */
export function checkEach<Shape extends z.ZodRawShape>(
  raw: Record<string, string>,
  { shape }: z.ZodObject<Shape>,
  problems: Problem[],
): Partial<z.infer<z.ZodObject<Shape>>> {
  const known = Object.keys(shape);
  for (const key of Object.keys(raw).filter((name) => !known.includes(name))) {
    const near = known.find((name) => isNear(key, name));
    problems.push({ key, message: `does not exist; ${near ? `did you mean tenant:${near}?` : "remove it"}` });
  }
  const valid: Record<string, unknown> = {};
  for (const [key, rule] of Object.entries(shape)) {
    const value = raw[key];
    if (value === undefined) {
      problems.push({ key, message: "is missing; its default is in Pulumi.yaml" });
      continue;
    }
    const parsed = z.safeParse(rule, value);
    if (parsed.success) valid[key] = parsed.data;
    for (const issue of parsed.error?.issues ?? []) {
      const part = issue.code === "custom" ? issue.params : undefined;
      problems.push({ key, message: mustBe(issue.message, part === undefined ? value : part.got) });
    }
  }
  return valid as Partial<z.infer<z.ZodObject<Shape>>>;
}

/** Whether one may be a misspelling of the other: they differ in at most two neighbouring letters. */
function isNear(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return Math.max(a.length, b.length) - start - end <= 2;
}
