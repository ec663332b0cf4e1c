/** The packages that the local cloud needs on the host. */
import { ensurePackages, HostPackage, missingPackages } from "../../hostPackages";

const REQUIRED: readonly HostPackage[] = [
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

/** The needed packages that are not installed, in a fixed order. */
export const missingHostPackages = (): string[] => missingPackages(REQUIRED);

/** Installs what is missing: see {@link ensurePackages}. */
export const ensureHostPackages = (log: (line: string) => void): Promise<void> =>
  ensurePackages(REQUIRED, "the local cloud", log);
