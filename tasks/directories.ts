import { mkdirSync } from "fs";
import { homedir } from "os";
import { join } from "path";

/** The checkout. */
export const projectDirectory = join(__dirname, "..");

/** What must outlive a command but is no build product: the local stack's state, passphrase and disks. Readable for its owner alone. */
export function stateDirectory(...parts: string[]): string {
  const base = process.env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  const directory = join(base, "hardway", ...parts);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}
