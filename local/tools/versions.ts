/**
 * The versions that the toolchain builds. The Go module of each pins the same version; a test compares them. Plugins
 * have the version of their npm package instead (pinned.ts).
 */

/** Pulumi's engine and command line. */
export const ENGINE_VERSION = "v3.259.0";

/** The last release of the Node.js language host that is a Go module. It speaks the current engine's protocol. */
export const LANGUAGE_NODEJS_VERSION = "v3.68.0";

/**
 * The releases in the mirror, by version without "v". `module` is the directory of the Go module, below this one. `date`
 * is when the Go module was published; the binaries report it as their build date.
 */
export const RELEASES = {
  kubernetes: {
    "1.36.1": { module: "kubernetes/v1.36.1", date: "2026-05-12T09:51:33Z" },
    "1.36.3": { module: "kubernetes/v1.36.3", date: "2026-07-22T18:07:38Z" },
    "1.37.2": { module: "kubernetes/v1.37.2", date: "2026-10-27T12:01:04Z" },
  },
  etcd: {
    "3.6.16": { module: "etcd/v3.6.16" },
    "3.7.3": { module: "etcd/v3.7.3" },
  },
  containerd: { "2.4.2": { module: "containerd/v2.4.2" } },
  runc: { "1.5.3": { module: "runc/v1.5.3" } },
  "cni-plugins": { "1.10.0": { module: "cni-plugins/v1.10.0" } },
  "cri-tools": { "1.37.0": { module: "cri-tools/v1.37.0" } },
};

/** A component of the release mirror. */
export type Release = keyof typeof RELEASES;

/** The versions of each release that can be built, without "v", oldest first. */
export const BUILDABLE: Record<Release, string[]> = {
  kubernetes: Object.keys(RELEASES.kubernetes),
  etcd: Object.keys(RELEASES.etcd),
  containerd: Object.keys(RELEASES.containerd),
  runc: Object.keys(RELEASES.runc),
  "cni-plugins": Object.keys(RELEASES["cni-plugins"]),
  "cri-tools": Object.keys(RELEASES["cri-tools"]),
};

/** The versions that are built when nobody names one: those that a new stack gets. */
export const DEFAULTS: Record<Release, string> = {
  kubernetes: "1.37.2",
  etcd: "3.7.3",
  containerd: "2.4.2",
  runc: "1.5.3",
  "cni-plugins": "1.10.0",
  "cri-tools": "1.37.0",
};

/** Throws, with the list of those that can, when `version` ("1.36.3") of `release` cannot be built. */
export function assertBuildable(release: Release, version: string): void {
  if (BUILDABLE[release].includes(version)) return;
  throw new Error(
    `${release} ${version} cannot be built: local/tools has pinned Go modules only for ${release} ` +
      `${BUILDABLE[release].join(", ")}. Use one of these, or a mirror that serves ${version}.`,
  );
}
