import { existsSync, readdirSync, readFileSync } from "fs";
import { join, relative } from "path";
import { parse } from "yaml";
import { projectDirectory } from "../../lib/directories";
import { TaskError } from "../error";

/** The Pulumi programs of this checkout, by the name of their project. */
export type Program = "hardway" | "tenant" | "workers";

const directories: Record<Program, string> = { hardway: "", tenant: "examples/tenant", workers: "workers" };

export const programDirectory = (program: Program): string => join(projectDirectory, directories[program]);

/** Path of a stack's settings in a directory. */
export const stackFile = (name: string, directory: string) => join(directory, `Pulumi.${name}.yaml`);

/** Pulumi.yaml */
export interface ProjectSettings {
  name: string;
  config: Record<string, { default?: unknown }>;
}

/** Pulumi.STACK.yaml */
export interface StackSettings {
  config: Record<string, unknown>;
  /** Pulumi ESC environments. They may hold settings too, which only the engine can read. */
  environment?: unknown;
}

export const readProjectSettings = () => read(join(projectDirectory, "Pulumi.yaml")) as ProjectSettings;

/** Names of the stacks that have a settings file. */
export const stackNames = (directory = projectDirectory) =>
  readdirSync(directory).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

/** Throws a TaskError that lists the stacks with a settings file when `stack` has none. */
export function readStackSettings(stack: string, program: Program = "hardway"): StackSettings {
  const directory = programDirectory(program);
  const path = stackFile(stack, directory);
  if (!existsSync(path)) {
    throw new TaskError(
      `STACK=${stack} has no settings file ${relative(projectDirectory, path)}; write one, or use one of ${stackNames(directory).join(", ")}`,
    );
  }
  const settings = read(path) as Partial<StackSettings> | null;
  return { ...settings, config: settings?.config ?? {} };
}

function read(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new TaskError(`${path} cannot be read: ${(error as Error).message.trim()}`, { cause: error });
  }
}
