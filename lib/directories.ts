import { mkdirSync } from "fs";
import { homedir } from "os";
import { isAbsolute, join } from "path";

/** The checkout. */
export const projectDirectory = join(__dirname, "..");

/** Where build products lie: `$XDG_CACHE_HOME/hardway`, by default ~/.cache/hardway. Nothing is created. */
export const cacheHome = (env: NodeJS.ProcessEnv = process.env): string => home(env, "XDG_CACHE_HOME", ".cache");

/** Where state lies that must outlive a command: `$XDG_STATE_HOME/hardway`, by default ~/.local/state/hardway. Nothing is created. */
export const stateHome = (env: NodeJS.ProcessEnv = process.env): string =>
  home(env, "XDG_STATE_HOME", join(".local", "state"));

/** A directory below `stateHome`, made if it is missing and readable for its owner alone: it may hold keys and passphrases. */
export function stateDirectory(...parts: string[]): string {
  const directory = join(stateHome(), ...parts);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** The XDG base directory specification says that a relative path is ignored. */
function home(env: NodeJS.ProcessEnv, variable: string, fallback: string): string {
  const set = env[variable];
  return join(set && isAbsolute(set) ? set : join(env.HOME || homedir(), fallback), "hardway");
}
