import { existsSync, readdirSync, readFileSync } from "fs";
import { join, relative } from "path";
import { parse } from "yaml";
import { projectDirectory } from "../../lib/directories";
import { TaskError } from "../error";
import { stackFile } from "./local";
import { Program, programDirectory } from "./programs";

export interface ProjectSettings {
  name: string;
  config: Record<string, { default?: unknown }>;
}
export interface StackSettings {
  config: Record<string, unknown>;
  /** Environments of Pulumi's, which may hold settings too. */
  environment?: unknown;
}

/** Pulumi.yaml, as it is written. */
export const readProjectSettings = () => read(join(projectDirectory, "Pulumi.yaml")) as ProjectSettings;

/** Names of the stacks there are settings for. */
export const stackNames = (directory = projectDirectory) =>
  readdirSync(directory).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

/** A stack's settings as they are written. Throws a TaskError that lists the stacks there are settings for when it has none. */
export function readStackSettings(stack: string, program: Program = "hardway"): StackSettings {
  const directory = programDirectory(program);
  const path = stackFile(stack, directory);
  if (!existsSync(path)) {
    throw new TaskError(
      `STACK=${stack}: there is no ${relative(projectDirectory, path)}; write one, or use one of ${stackNames(directory).join(", ")}`,
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
