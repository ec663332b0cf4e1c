import { directories } from "../layout";
import { prefetchScript, Release } from "../render/release";

export interface ReleaseOptions {
  /** URL of a mirror that has the layout and the checksum files of the official one. */
  mirror: string;
  /** MAJOR.MINOR.PATCH, without a v. */
  version: string;
}

export const CONTROL_PLANE_PROGRAMS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"];
export const ETCD_PROGRAMS = ["etcd", "etcdctl", "etcdutl"];

/** Programs of a Kubernetes release. Each is a separate download. */
export function kubernetesRelease({ mirror, version }: ReleaseOptions, programs: string[]): Release {
  const directory = `${directories.releases}/kubernetes-v${version}`;
  const fetch = programs.map((name) => `fetch_binary ${directory} ${mirror}/v${version} ${name}`);
  return { directory, fetch, programs };
}

/** Programs of an etcd release, which is a single archive. */
export function etcdRelease({ mirror, version }: ReleaseOptions, programs: string[]): Release {
  const directory = `${directories.releases}/etcd-v${version}`;
  const fetch = [`fetch_archive ${directory} ${mirror}/v${version} etcd-v${version} ${programs.join(" ")}`];
  return { directory, fetch, programs };
}

/** A startup script that downloads at a controller's first boot the releases that its steps install. */
export const controllerPrefetch = (etcd: ReleaseOptions, kubernetes: ReleaseOptions): string =>
  prefetchScript([etcdRelease(etcd, ETCD_PROGRAMS), kubernetesRelease(kubernetes, CONTROL_PLANE_PROGRAMS)]);
