import { readFileSync } from "fs";
import { join } from "path";
import { parse } from "yaml";

export interface ProjectFile {
  config: Record<string, { default: unknown; description: string }>;
}

const read = (directory: string) =>
  parse(readFileSync(join(__dirname, "../..", directory, "Pulumi.yaml"), "utf8")) as ProjectFile;
export const project = read("");
const tenant = read("examples/tenant");

/** Settings as the engine passes them to a program: the defaults of Pulumi.yaml and the values in `set`, as text. */
function asText({ config }: ProjectFile, set: Record<string, unknown>): Record<string, string> {
  const defaults = Object.entries(config).map(([key, setting]) => [key, setting.default] as const);
  return Object.fromEntries(
    Object.entries({ ...Object.fromEntries(defaults), ...set }).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** hardway's settings, with the required ones set. */
export const rawSettings = (changes: Record<string, unknown> = {}) =>
  asText(project, { administratorCidrs: ["198.51.100.0/24"], ...changes });

/** The tenant's settings, with the required ones set, and two people. */
export const tenantSettings = (changes: Record<string, unknown> = {}) =>
  asText(tenant, {
    controlPlane: "organization/hardway/dev",
    team: "blue",
    people: { alice: "edit", bob: "view" },
    ...changes,
  });
