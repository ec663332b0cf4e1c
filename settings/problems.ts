import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nearest } from "./nearest";

export interface Problem {
  key: string;
  /** The value as the user wrote it; undefined when it is missing. */
  value?: string;
  /** What must hold, and what to do. Errors show it after the key and before the value. */
  message: string;
}

/** One error that lists every problem with a stack's settings. */
export class SettingsError extends pulumi.RunError {
  constructor(
    stack: string,
    readonly problems: Problem[],
    project = "hardway",
  ) {
    const lines = problems.map(({ key, value, message }) => {
      const qualified = key.includes(":") ? key : `${project}:${key}`;
      return `  ${qualified} ${message}${value === undefined ? "" : `; got ${JSON.stringify(value)}`}`;
    });
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(
      `${count} in the settings of stack ${stack} (Pulumi.${stack}.yaml); nothing was changed:\n${lines.join("\n")}`,
    );
  }
}

/** The project's settings in the current stack, as text by name; lists and maps are JSON. */
export function rawSettings(): Record<string, string> {
  const prefix = `${pulumi.getProject()}:`;
  return Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/**
 * Checks each setting on its own and returns the valid ones, so that rules between settings can still be checked. Adds to
 * `problems` the settings that are wrong, missing or unknown.
 */
export function checkEach<Shape extends z.ZodRawShape>(
  raw: Record<string, string>,
  { shape }: z.ZodObject<Shape>,
  project: string,
  problems: Problem[],
): Partial<z.infer<z.ZodObject<Shape>>> {
  const known = Object.keys(shape);
  for (const key of Object.keys(raw).filter((name) => !known.includes(name))) {
    const near = nearest(key, known);
    problems.push({
      key,
      message: `is not a setting of this program; ${near ? `did you mean ${project}:${near}?` : "remove it"}`,
    });
  }
  const right: Record<string, unknown> = {};
  for (const [key, rule] of Object.entries(shape)) {
    const value = raw[key];
    if (value === undefined) {
      problems.push({ key, message: "must be set; its default is in Pulumi.yaml" });
      continue;
    }
    const parsed = z.safeParse(rule, value);
    if (parsed.success) right[key] = parsed.data;
    for (const { path, message } of parsed.error?.issues ?? []) problems.push(problemAt(key, value, path, message));
  }
  return right as Partial<z.infer<z.ZodObject<Shape>>>;
}

/** A problem of a list names its element. One of a map names the key below which it is, KEY.INNER. */
function problemAt(key: string, text: string, path: PropertyKey[], message: string): Problem {
  if (path.length === 0) return { key, value: text, message };
  const value = path.reduce<unknown>(
    (inner, at) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[at] : undefined,
    JSON.parse(text),
  );
  const shown = value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);
  const inner = path.filter((at) => typeof at === "string");
  return { key: [key, ...inner].join("."), value: shown, message };
}
