import { mkdirSync, mkdtempSync } from "fs";
import { homedir, tmpdir } from "os";
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

/** The longest path of a Unix socket, in bytes. Linux allows 107, macOS 103. */
const LONGEST_SOCKET_PATH = 103;

/**
 * Makes a new directory, which only its owner may enter, for files and Unix sockets: in the directory for temporary files, or in
 * /tmp when the path of a socket there would be too long. `longest` is the length of the longest socket's name.
 */
export function scratchForSockets(prefix: string, longest: number): string {
  const tooLong = (parent: string) =>
    Buffer.byteLength(join(parent, `${prefix}XXXXXX`, "x".repeat(longest))) > LONGEST_SOCKET_PATH;
  return mkdtempSync(join(tooLong(tmpdir()) ? "/tmp" : tmpdir(), prefix));
}

/** Ignores a relative path, as the XDG base directory specification requires. */
function home(env: NodeJS.ProcessEnv, variable: string, fallback: string): string {
  const set = env[variable];
  return join(set && isAbsolute(set) ? set : join(env.HOME || homedir(), fallback), "hardway");
}
