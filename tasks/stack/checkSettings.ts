import { parseSettings, Settings } from "../../config";
import { customEndpoint } from "../../lib/google";
import type { StackOutputs } from "../../outputs";
import { checkPlaceholders } from "../../settings/placeholders";
import { SettingsError } from "../../settings/problems";
import { TaskError } from "../error";
import { readProjectSettings } from "./files";
import type { Stack } from "./stack";

/**
 * Checks a control plane's settings as the program will, before anything is built or started. Throws a TaskError that lists
 * every problem. Returns undefined if there are settings that only the engine can read; the program checks those. `running` are
 * the outputs of a stack that is up: they give the versions that its settings do not name.
 */
export function checkSettings(
  { name: stack, settings: { config, environment } }: Stack,
  running: Partial<StackOutputs> = {},
): Settings | undefined {
  if (environment !== undefined) return undefined;
  const { name: project } = readProjectSettings();
  const settings = Object.fromEntries(Object.entries(config).map(([key, value]) => [qualify(key, project), value]));
  const isReadable = (key: string) => !isEncrypted(settings[qualify(key, project)]);
  const own = Object.entries(settings)
    .filter(([key]) => key.startsWith(`${project}:`))
    .map(([key, value]) => [key.slice(project.length + 1), asText(value)]);
  const raw = Object.entries({ ...defaultSettings(), ...(Object.fromEntries(own) as Record<string, string>) });
  const region = settings["gcp:region"];
  try {
    const context = { project, stack, region: typeof region === "string" ? region : undefined };
    return parseSettings(Object.fromEntries(raw.filter(([key]) => isReadable(key))), context, running);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const problems = error.problems.filter(({ key }) => isReadable(key));
    if (problems.length === 0) return undefined;
    throw new TaskError(new SettingsError(stack, problems).message);
  }
}

/** Refuses ranges that nobody has filled in yet, as the program does in an update. Throws a TaskError that lists them. */
export function refusePlaceholders({ name, settings: { config } }: Stack, settings: Settings | undefined): void {
  const endpoint = config["gcp:computeCustomEndpoint"];
  const problems =
    settings === undefined ? [] : checkPlaceholders(settings, customEndpoint(endpoint as string | undefined));
  if (problems.length > 0) throw new TaskError(new SettingsError(name, problems).message);
}

/** The defaults of the project's settings, by name, as text. */
export const defaultSettings = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(readProjectSettings().config).map(([key, { default: value }]) => [key, asText(value)]),
  );

/** The engine takes a key without a namespace as one of the project's settings. */
const qualify = (key: string, project: string) => (key.includes(":") ? key : `${project}:${key}`);

/** Whether a value is encrypted (`secure: …`), or contains one that is. */
const isEncrypted = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("secure" in value || Object.values(value).some(isEncrypted));

/** The form in which the engine passes a setting to the program. */
const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
