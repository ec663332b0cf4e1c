import { mkdirSync } from "fs";
import { homedir } from "os";
import { isAbsolute, join } from "path";

/** Root of the checkout. */
export const projectDirectory = join(__dirname, "..");

/** Directory of build products: `$XDG_CACHE_HOME/hardway`, by default ~/.cache/hardway. Creates nothing. */
export const cacheHome = (env: NodeJS.ProcessEnv = process.env): string => home(env, "XDG_CACHE_HOME", ".cache");

/** Directory of what must outlive a command: `$XDG_STATE_HOME/hardway`, by default ~/.local/state/hardway. Creates nothing. */
export const stateHome = (env: NodeJS.ProcessEnv = process.env): string =>
  home(env, "XDG_STATE_HOME", join(".local", "state"));

/** A directory below `stateHome`, created if missing. Only its owner may read it, because it may hold keys and passphrases. */
export function stateDirectory(...parts: string[]): string {
  const directory = join(stateHome(), ...parts);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** Ignores a relative path, as the XDG base directory specification requires. */
function home(env: NodeJS.ProcessEnv, variable: string, fallback: string): string {
  const set = env[variable];
  return join(set && isAbsolute(set) ? set : join(env.HOME || homedir(), fallback), "hardway");
}
