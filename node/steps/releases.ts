import { directories } from "../layout";
import { prefetchScript, Release } from "../render/release";

export interface ReleaseOptions {
  /** URL of a mirror with the layout of the official one, checksum files included. */
  mirror: string;
  /** Without a v. */
  version: string;
}

const KUBERNETES = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"];
const ETCD = ["etcd", "etcdctl", "etcdutl"];

export function kubernetesRelease({ mirror, version }: ReleaseOptions): Release {
  const directory = `${directories.releases}/kubernetes-v${version}`;
  const fetch = KUBERNETES.map((name) => `fetch_binary ${directory} ${mirror}/v${version} ${name}`);
  return { directory, fetch, programs: KUBERNETES };
}

export function etcdRelease({ mirror, version }: ReleaseOptions): Release {
  const directory = `${directories.releases}/etcd-v${version}`;
  const fetch = [`fetch_archive ${directory} ${mirror}/v${version} etcd-v${version} ${ETCD.join(" ")}`];
  return { directory, fetch, programs: ETCD };
}

/** What the steps will install, fetched by the machines themselves at their first boot. */
export const prefetch = (etcd: ReleaseOptions, kubernetes: ReleaseOptions): string =>
  prefetchScript([etcdRelease(etcd), kubernetesRelease(kubernetes)]);
