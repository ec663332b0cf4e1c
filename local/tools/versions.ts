/**
 * Versions of what the toolchain builds. The Go modules in the directories beside this file pin the same ones; plugin
 * versions come from package.json instead (see pinned.ts).
 */

/** Pulumi's engine and command line. */
export const ENGINE_VERSION = "v3.259.0";

/** The last release of the Node.js language host that is a Go module; it speaks the engine's protocol of today. */
export const LANGUAGE_NODEJS_VERSION = "v3.68.0";

/** Kubernetes release in the mirror. */
export const KUBERNETES_VERSION = "v1.36.3";

/** When its sources were published (the time of the Go module): its binaries give this as their build date. */
export const KUBERNETES_DATE = "2026-07-22T18:07:38Z";

/** etcd release in the mirror. */
export const ETCD_VERSION = "v3.7.3";

const BUILDABLE = { kubernetes: [KUBERNETES_VERSION], etcd: [ETCD_VERSION] };

/** A component of the release mirror. */
export type Release = keyof typeof BUILDABLE;

/** Throws when this toolchain has no pinned modules for `version` ("v1.36.3") of `release`. */
export function assertBuildable(release: Release, version: string): void {
  if (BUILDABLE[release].includes(version)) return;
  throw new Error(
    `${release} ${version} cannot be built here: local/tools has pinned Go modules for ${release} ` +
      `${BUILDABLE[release].join(", ")} only. Choose one of these, or a mirror that serves ${version}.`,
  );
}
