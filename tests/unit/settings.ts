import { readFileSync } from "fs";
import { join } from "path";
import { parse } from "yaml";

export interface ProjectFile {
  config: Record<string, { default: unknown; description: string }>;
}

export const project = parse(readFileSync(join(__dirname, "../../Pulumi.yaml"), "utf8")) as ProjectFile;

/** Settings as the engine hands them over: Pulumi.yaml's defaults and what is required, as text. */
export function rawSettings(changes: Record<string, unknown> = {}): Record<string, string> {
  const defaults = Object.fromEntries(Object.entries(project.config).map(([key, { default: value }]) => [key, value]));
  const all = { ...defaults, administratorCidrs: ["198.51.100.0/24"], ...changes };
  return Object.fromEntries(
    Object.entries(all).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
