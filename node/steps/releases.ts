import { directories } from "../layout";
import { prefetchScript, Release } from "../render/release";

export interface ReleaseOptions {
  /** URL of a mirror with the layout of the official one, checksum files included. */
  mirror: string;
  /** MAJOR.MINOR.PATCH, without a v. */
  version: string;
}

export const CONTROL_PLANE_PROGRAMS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"];
export const ETCD_PROGRAMS = ["etcd", "etcdctl", "etcdutl"];

/** Programs of a Kubernetes release. Each is downloaded on its own. */
export function kubernetesRelease({ mirror, version }: ReleaseOptions, programs: string[]): Release {
  const directory = `${directories.releases}/kubernetes-v${version}`;
  const fetch = programs.map((name) => `fetch_binary ${directory} ${mirror}/v${version} ${name}`);
  return { directory, fetch, programs };
}

/** Programs of an etcd release, which is one archive. */
export function etcdRelease({ mirror, version }: ReleaseOptions, programs: string[]): Release {
  const directory = `${directories.releases}/etcd-v${version}`;
  const fetch = [`fetch_archive ${directory} ${mirror}/v${version} etcd-v${version} ${programs.join(" ")}`];
  return { directory, fetch, programs };
}

/** A startup script with which a controller fetches at its first boot what its steps will install. */
export const controllerPrefetch = (etcd: ReleaseOptions, kubernetes: ReleaseOptions): string =>
  prefetchScript([etcdRelease(etcd, ETCD_PROGRAMS), kubernetesRelease(kubernetes, CONTROL_PLANE_PROGRAMS)]);
