import { accessSync, constants, statSync } from "node:fs";
import * as path from "node:path";

/**
 * Where the tools come from. `auto`: the official releases where they can be reached, and else built from source. `official`:
 * the official releases alone. `build`: built from source, even where the official releases can be reached.
 */
export type Mode = "auto" | "official" | "build";

/** The mode that HARDWAY_TOOLS names. Throws when it names none. */
export function toolMode(env: NodeJS.ProcessEnv = process.env): Mode {
  const mode = env.HARDWAY_TOOLS || "auto";
  if (mode === "auto" || mode === "official" || mode === "build") return mode;
  throw new Error(`HARDWAY_TOOLS is "${mode}"; it must be "auto", "official", "build" or unset, which means auto`);
}

/**
 * Whether the `pulumi` on PATH is used, with its own home directory and the plugins that it fetches itself: with
 * HARDWAY_TOOLS=official, if there is one. `engineBin`, where the engine of the cache is, does not count.
 */
export function usesEngineOnPath(env: NodeJS.ProcessEnv, engineBin: string): boolean {
  return toolMode(env) === "official" && findOnPath("pulumi", env, [engineBin]) !== undefined;
}

/** The path of the program that PATH finds, unless it is in one of the directories `except`. */
export function findOnPath(program: string, env: NodeJS.ProcessEnv, except: string[] = []): string | undefined {
  return (env.PATH ?? "")
    .split(path.delimiter)
    .filter((directory) => directory && !except.includes(directory))
    .map((directory) => path.join(directory, program))
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
