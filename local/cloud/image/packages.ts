/** The packages that the local cloud needs on the host, and their installation. */

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

import { run } from "../run";

/** Packages, and how to see that each is installed: by a command on PATH or in the system directories, or by a file. */
const REQUIRED: readonly { command?: string; file?: string; package: string }[] = [
  { command: "mmdebstrap", package: "mmdebstrap" },
  { command: "gpg", package: "gpg" },
  { file: "/usr/share/keyrings/debian-archive-keyring.gpg", package: "debian-archive-keyring" },
  { command: "systemd-nspawn", package: "systemd-container" },
  { command: "perl", package: "perl-base" },
  { command: "ip", package: "iproute2" },
  { command: "nft", package: "nftables" },
  { command: "sysctl", package: "procps" },
  { command: "nsenter", package: "util-linux" },
  { command: "mount", package: "mount" },
  { command: "ssh-keyscan", package: "openssh-client" },
];

const SYSTEM_DIRECTORIES = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

function exists(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The needed packages that are not installed, in a fixed order. */
export function missingHostPackages(): string[] {
  const directories = [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_DIRECTORIES];
  const found = (command: string) => directories.some((directory) => exists(join(directory, command)));
  return REQUIRED.filter(({ command, file }) => (command ? !found(command) : !exists(file!))).map((r) => r.package);
}

/**
 * Installs missing packages with `apt-get`. When none is missing, this takes a millisecond.
 * Throws when this process is not root's, with the command to run, and when the installation fails.
 */
export async function ensureHostPackages(log: (line: string) => void): Promise<void> {
  const missing = missingHostPackages();
  if (missing.length === 0) return;
  const install = ["install", "--yes", "--no-install-recommends", ...missing];
  if (process.getuid?.() !== 0) {
    throw new Error(`Packages that the local cloud needs are not installed. Run as root: apt-get ${install.join(" ")}`);
  }
  log(`Installing packages on this host: ${missing.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", install, { env });
  const still = missingHostPackages();
  if (still.length > 0)
    throw new Error(`apt-get installed these packages, but their commands or files are missing: ${still.join(", ")}`);
}
