/** The contents of a machine image. The image's hash depends on all of this, so a change here makes a new image. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The name of the image family, by which an instance's boot disk refers to it. */
export const IMAGE = "debian-12";
/** Debian's name for the release. */
export const SUITE = "bookworm";

export const PACKAGES: readonly string[] = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "openssh-server",
  "sudo",
  "iproute2",
  "nginx-light",
  "curl",
  "ca-certificates",
  "procps",
  // For containers. Google's image has them too.
  "nftables",
  "kmod",
  "usr-is-merged",
];

/** Packages that only the build needs: usr-is-merged replaces usrmerge, which depends on all of Perl. */
export const PURGED_PACKAGES: readonly string[] = ["usrmerge"];

/**
 * A repository in the image, with nginx as Debian has it. Google's Debian images are without nginx, and a machine of the local cloud
 * reaches no mirror: a test removes nginx from a machine, and sees it installed from here.
 */
export const REPOSITORY: { directory: string; packages: readonly string[] } = {
  directory: "/srv/packages",
  packages: ["nginx-light", "nginx", "nginx-common", "libnginx-mod-http-echo"],
};

/** Makes the repository. Run it with a shell in the image, while the build's sources are there. */
export const MAKE_REPOSITORY = `set -e
mkdir -p ${REPOSITORY.directory}
cd ${REPOSITORY.directory}
apt-get --quiet --option APT::Sandbox::User=root download ${REPOSITORY.packages.join(" ")}
for file in *.deb; do
  name=$(dpkg-deb --field "$file" Package).deb
  mv "$file" "$name"
  dpkg-deb --field "$name"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$name" "$(stat --format %s "$name")" "$(sha256sum "$name" | cut -d ' ' -f 1)"
done >Packages`;

/**
 * Leaves out documentation and translations, which these machines do not need. Licences stay. This runs when the essential packages
 * are extracted and not yet installed, with the image's directory as $1. mmdebstrap's own --dpkgopt would filter their archives in
 * Python, which takes 15 s.
 */
export const EXCLUDE = `set -e
cat >"$1/etc/dpkg/dpkg.cfg.d/documentation" <<EOF
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
EOF
rm -rf "$1"/usr/share/man/* "$1"/usr/share/locale/*
find "$1/usr/share/doc" -not -type d -not -name copyright -delete`;

/** Files that are added to the image. Their text is in the directory `files/`, at the same path. */
export const FILES: readonly { path: string; mode: number }[] = [
  { path: "/usr/bin/google-guest-agent", mode: 0o755 },
  { path: "/usr/bin/google-metadata-script-runner", mode: 0o755 },
  { path: "/etc/systemd/system/google-guest-agent.service", mode: 0o644 },
  { path: "/etc/systemd/system/google-startup-scripts.service", mode: 0o644 },
  { path: "/etc/systemd/system/ssh.service.d/guest-agent.conf", mode: 0o644 },
  { path: "/usr/libexec/own-kernel", mode: 0o755 },
  { path: "/etc/systemd/system/own-kernel.service", mode: 0o644 },
  { path: "/etc/systemd/journald.conf.d/size.conf", mode: 0o644 },
  { path: "/etc/ssh/sshd_config.d/cloud.conf", mode: 0o644 },
  { path: "/etc/sudoers.d/google_sudoers", mode: 0o440 },
  { path: "/etc/apt/sources.list", mode: 0o644 },
  { path: "/etc/default/locale", mode: 0o644 },
];

export const ENABLED_UNITS: readonly string[] = [
  "own-kernel.service",
  "google-guest-agent.service",
  "google-startup-scripts.service",
  "ssh.service",
];

/** Services that do not start at boot. nginx, for example, would serve its default page on port 80. */
export const DISABLED_UNITS: readonly string[] = [
  "nginx.service",
  "nftables.service",
  "ssh.socket",
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
];

/** Units that do nothing useful in a container, and that would delay the first login or change what the fabric sets from outside. */
export const MASKED_UNITS: readonly string[] = [
  "console-getty.service",
  "dev-hugepages.mount",
  "getty.target",
  "sys-fs-fuse-connections.mount",
  "systemd-firstboot.service",
  "systemd-network-generator.service",
  "systemd-networkd.service",
  "systemd-networkd.socket",
  "systemd-remount-fs.service",
  "systemd-update-utmp.service",
  "systemd-update-utmp-runlevel.service",
];

/** Files that belong to a single machine or to the build, and the link that starts logind at boot: D-Bus starts it on demand. */
export const REMOVED_FILES: readonly string[] = [
  "/usr/lib/systemd/system/multi-user.target.wants/systemd-logind.service",
  "/etc/machine-id",
  "/var/lib/dbus/machine-id",
  "/etc/hostname",
  "/etc/resolv.conf",
  "/etc/apt/apt.conf.d/99mmdebstrap",
];
/** Host keys from the build. Every machine makes its own. */
export const REMOVED_GLOB = { directory: "/etc/ssh", prefix: "ssh_host_" };

/** The path, in this repository, of the text of an added file. */
export function sourceOf(path: string): string {
  return join(__dirname, "files", path);
}

/** A short hash of everything above, of the added files, and of `customise.ts`. */
export function recipeHash(): string {
  const parts = [
    SUITE,
    PACKAGES,
    PURGED_PACKAGES,
    MAKE_REPOSITORY,
    EXCLUDE,
    FILES.map(({ path, mode }) => [path, mode, readFileSync(sourceOf(path), "utf8")]),
    ENABLED_UNITS,
    DISABLED_UNITS,
    MASKED_UNITS,
    REMOVED_FILES,
    REMOVED_GLOB,
    readFileSync(join(__dirname, "customise.ts"), "utf8"),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}

/** The name of the image's directory in the cache, e.g. `debian-12-0123456789ab`. */
export function imageDirectoryName(): string {
  return `${IMAGE}-${recipeHash()}`;
}
