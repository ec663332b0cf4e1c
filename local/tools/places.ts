import { Release } from "./versions";

/** Where a release is. */
export interface Place {
  /** For people: "Kubernetes 1.37.2". */
  title: string;
  /** Of the official place, without a slash at the end. */
  url: string;
  /** Below the mirror. What is below it has the same names as below `url`. */
  directory: string;
}

const GITHUB = "https://github.com";

/** The official place of each release, up to the version, and the mirror's directory for it. */
const PLACES: Record<Release, { title: string; url: string; directory: string }> = {
  kubernetes: { title: "Kubernetes", url: "https://dl.k8s.io", directory: "kubernetes" },
  etcd: { title: "etcd", url: releasesOn("etcd-io/etcd"), directory: "etcd" },
  containerd: { title: "containerd", url: releasesOn("containerd/containerd"), directory: "containerd" },
  runc: { title: "runc", url: releasesOn("opencontainers/runc"), directory: "runc" },
  "cni-plugins": { title: "CNI plugins", url: releasesOn("containernetworking/plugins"), directory: "cni" },
  "cri-tools": { title: "cri-tools", url: releasesOn("kubernetes-sigs/cri-tools"), directory: "cri-tools" },
};

/** Where `version` ("1.36.3") of a release is. Kubernetes alone has a directory for each architecture ("amd64"). */
export function placeOf(release: Release, version: string, arch: string): Place {
  const { title, url, directory } = PLACES[release];
  const below = release === "kubernetes" ? `v${version}/bin/linux/${arch}` : `v${version}`;
  return { title: `${title} ${version}`, url: `${url}/${below}`, directory: `${directory}/${below}` };
}

/** The URL of the releases of a repository, up to the tag. */
export function releasesOn(repository: string): string {
  return `${GITHUB}/${repository}/releases/download`;
}
