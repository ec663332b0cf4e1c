/** Packages of Debian that a part of this directory needs on the host, and their installation. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./cloud/run";

/** A package, and how to see that it is installed: by a command on PATH or in the system directories, or by a file. */
export type HostPackage = { package: string } & ({ command: string } | { file: string });

const SYSTEM_DIRECTORIES = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const onPath = () => (process.env.PATH ?? "").split(delimiter);

function exists(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether this host can install packages: apt-get is on PATH. */
export const hasAptGet = (): boolean => onPath().some((directory) => exists(join(directory, "apt-get")));

/** The packages of `needed` that are not installed, in the same order. */
export function missingPackages(needed: readonly HostPackage[]): string[] {
  const directories = [...onPath(), ...SYSTEM_DIRECTORIES];
  const isThere = (one: HostPackage) =>
    "command" in one ? directories.some((directory) => exists(join(directory, one.command))) : exists(one.file);
  return needed.filter((one) => !isThere(one)).map((one) => one.package);
}

const installation = (packages: string[]) => ["install", "--yes", "--no-install-recommends", ...packages];

/** Why the missing packages of `needed` cannot be installed. `what` needs them ("the local cloud"). Changes nothing. */
export function installationProblems(needed: readonly HostPackage[], what: string): string[] {
  const missing = missingPackages(needed);
  if (missing.length === 0) return [];
  if (!hasAptGet())
    return [
      `${what} needs packages of Debian that are not installed, and apt-get is not on PATH: ${missing.join(", ")}`,
    ];
  if (process.getuid?.() === 0) return [];
  return [`Packages that ${what} needs are not installed. Run as root: apt-get ${installation(missing).join(" ")}`];
}

/**
 * Installs what is missing of `needed` with `apt-get`. When nothing is missing, this takes a millisecond.
 * Throws when this process is not root's, with the command to run, and when the installation fails.
 */
export async function ensurePackages(
  needed: readonly HostPackage[],
  what: string,
  log: (line: string) => void,
): Promise<void> {
  const missing = missingPackages(needed);
  if (missing.length === 0) return;
  const problems = installationProblems(needed, what);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  log(`Installing packages on this host: ${missing.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", installation(missing), { env });
  const still = missingPackages(needed);
  if (still.length > 0)
    throw new Error(`apt-get installed these packages, but their commands or files are missing: ${still.join(", ")}`);
}
