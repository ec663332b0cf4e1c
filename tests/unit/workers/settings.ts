import { readFileSync } from "fs";
import { join } from "path";
import { parse } from "yaml";

interface Project {
  config: Record<string, { default: unknown }>;
}

const project = parse(readFileSync(join(__dirname, "../../../workers/Pulumi.yaml"), "utf8")) as Project;

/** The settings of a stack of workers, as the engine passes them: the defaults of Pulumi.yaml, with `changes`. */
export function workersSettings(changes: Record<string, unknown> = {}): Record<string, string> {
  const needed = { controlPlane: "organization/hardway/dev", administratorCidrs: ["198.51.100.0/24"] };
  const defaults = Object.fromEntries(Object.entries(project.config).map(([key, { default: value }]) => [key, value]));
  return Object.fromEntries(
    Object.entries({ ...defaults, ...needed, ...changes }).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}
