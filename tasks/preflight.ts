import { parseSettings, Settings } from "../config";
import { SettingsError } from "../settings/problems";
import { TaskError } from "./error";
import { readProjectSettings, readStackSettings } from "./stack/settingsFiles";

/**
 * A stack's settings, checked as the program will, before anything is built or started. Throws a TaskError with every
 * problem. What the engine alone can read is left to the program: undefined when there is any.
 */
export function checkSettings(stack: string): Settings | undefined {
  const { name: project, config: known } = readProjectSettings();
  const { config, environment } = readStackSettings(stack);
  const settings = Object.fromEntries(Object.entries(config).map(([key, value]) => [qualify(key, project), value]));
  if (environment !== undefined) return undefined;
  const encrypted = Object.keys(settings).filter((key) => isEncrypted(settings[key]));
  const own = Object.entries(settings).filter(([key]) => key.startsWith(`${project}:`));
  const defaults = Object.entries(known).map(([key, setting]) => [`${project}:${key}`, setting.default] as const);
  const raw = [...defaults, ...own]
    .filter(([key]) => !encrypted.includes(key))
    .map(([key, value]) => [key.slice(project.length + 1), asText(value)] as const);
  const region = settings["gcp:region"];
  try {
    return parseSettings(Object.fromEntries(raw), {
      project,
      stack,
      region: typeof region === "string" ? region : undefined,
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const problems = error.problems.filter(({ key }) => !encrypted.includes(qualify(key, project)));
    if (problems.length === 0) return undefined;
    throw new TaskError(new SettingsError(stack, problems).message);
  }
}

/** As the engine reads it: a key without a namespace is the project's. */
const qualify = (key: string, project: string) => (key.includes(":") ? key : `${project}:${key}`);

/** Whether it is, or holds, what the engine writes as `secure: …`. */
const isEncrypted = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("secure" in value || Object.values(value).some(isEncrypted));

/** As the engine hands settings to the program. */
const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
