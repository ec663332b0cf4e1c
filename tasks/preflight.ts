import { existsSync, readFileSync } from "fs";
import { join } from "path";
import { parse } from "yaml";
import { parseSettings, SettingsError } from "../config";
import { projectDirectory } from "./directories";
import { TaskError } from "./error";
import { stackFile } from "./local";

interface ProjectFile {
  name: string;
  config: Record<string, { default?: unknown }>;
}
interface StackFile {
  config?: Record<string, unknown>;
}

/**
 * Checks a stack's settings as the program will, before anything is built or started. Throws a TaskError with every
 * problem. Values that the engine alone can read (`secure:`) are left to it.
 */
export function checkSettings(stack: string): void {
  const project = read<ProjectFile>(join(projectDirectory, "Pulumi.yaml"))!;
  const config = read<StackFile>(stackFile(stack, projectDirectory))?.config ?? {};
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${project.name}:`));
  const defaults = Object.entries(project.config).map(([key, setting]) => [key, setting.default] as const);
  const given = own.map(([key, value]) => [key.slice(project.name.length + 1), value] as const);
  const raw = Object.fromEntries([...defaults, ...given].map(([key, value]) => [key, asText(value)]));
  const region = config["gcp:region"];
  try {
    parseSettings(raw, { project: project.name, stack, region: typeof region === "string" ? region : undefined });
  } catch (error) {
    throw error instanceof SettingsError ? new TaskError(error.message) : error;
  }
}

/** As the engine hands settings to the program. */
const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function read<T>(path: string): T | undefined {
  return existsSync(path) ? (parse(readFileSync(path, "utf8")) as T | undefined) : undefined;
}
