import { directories, workerDirectories } from "../layout";
import { prefetchScript, Release } from "../render/release";

export interface ReleaseOptions {
  /** URL of a mirror that has the layout and the checksum files of the official one. */
  mirror: string;
  /** MAJOR.MINOR.PATCH, without a v. */
  version: string;
}

export const CONTROL_PLANE_PROGRAMS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"];
export const ETCD_PROGRAMS = ["etcd", "etcdctl", "etcdutl"];
export const WORKER_PROGRAMS = ["kubelet", "kube-proxy"];
export const CONTAINERD_PROGRAMS = ["containerd", "containerd-shim-runc-v2", "ctr"];
/** The CNI plugins that the Pod network uses (node/programs/podNetwork.ts). */
export const CNI_PLUGINS = ["bridge", "host-local", "loopback", "portmap"];

const directoryOf = (name: string, version: string) => `${directories.releases}/${name}-v${version}`;

interface Archive {
  /** The directory that holds the archive, and the names of the archive and of its checksum file there. */
  base: string;
  archive: string;
  sums: string;
  /** What precedes the programs' names in the archive, for example "bin/". */
  within: string;
}

/** Shell code that fetches programs of an archive. `setting` begins the names of its settings, for example etcdVersion. */
function fetchArchive(setting: string, directory: string, programs: string[], a: Archive): string {
  const strip = a.within.split("/").length - 1;
  const members = programs.map((name) => `${a.within}${name}`).join(" ");
  return `fetch_archive ${setting} ${directory} ${strip} ${a.base}/${a.archive} ${a.base}/${a.sums} ${members}`;
}

/** Programs of a Kubernetes release. Each is a separate download. */
export function kubernetesRelease({ mirror, version }: ReleaseOptions, programs: string[]): Release {
  const directory = directoryOf("kubernetes", version);
  const fetch = programs.map((name) => {
    const url = `${mirror}/v${version}/bin/linux/$ARCH/${name}`;
    return `fetch_program kubernetes ${directory}/${name} ${url} ${url}.sha256`;
  });
  return { directory, fetch, programs };
}

/** Programs of an etcd release, which is a single archive. */
export function etcdRelease({ mirror, version }: ReleaseOptions, programs: string[]): Release {
  const directory = directoryOf("etcd", version);
  const name = `etcd-v${version}-linux-$ARCH`;
  const archive = { base: `${mirror}/v${version}`, archive: `${name}.tar.gz`, sums: "SHA256SUMS", within: `${name}/` };
  return { directory, fetch: [fetchArchive("etcd", directory, programs, archive)], programs };
}

/** containerd with its shim, and `ctr` for people. */
export function containerdRelease({ mirror, version }: ReleaseOptions): Release {
  const directory = directoryOf("containerd", version);
  const name = `containerd-${version}-linux-$ARCH.tar.gz`;
  const archive = { base: `${mirror}/v${version}`, archive: name, sums: `${name}.sha256sum`, within: "bin/" };
  const fetch = [fetchArchive("containerd", directory, CONTAINERD_PROGRAMS, archive)];
  return { directory, fetch, programs: CONTAINERD_PROGRAMS };
}

/** runc, whose checksum file names the programs of all architectures. */
export function runcRelease({ mirror, version }: ReleaseOptions): Release {
  const directory = directoryOf("runc", version);
  const base = `${mirror}/v${version}`;
  const fetch = [`fetch_program runc ${directory}/runc ${base}/runc.$ARCH ${base}/runc.sha256sum`];
  return { directory, fetch, programs: ["runc"] };
}

/** CNI plugins, where containerd looks for them. */
export function cniRelease({ mirror, version }: ReleaseOptions): Release {
  const directory = directoryOf("cni", version);
  const name = `cni-plugins-linux-$ARCH-v${version}.tgz`;
  const archive = { base: `${mirror}/v${version}`, archive: name, sums: `${name}.sha256`, within: "./" };
  const fetch = [fetchArchive("cni", directory, CNI_PLUGINS, archive)];
  return { directory, fetch, programs: CNI_PLUGINS, linkedIn: workerDirectories.cniPlugins };
}

/** `crictl`, with which a person looks at containers, and a step at containerd. */
export function criToolsRelease({ mirror, version }: ReleaseOptions): Release {
  const directory = directoryOf("cri-tools", version);
  const name = `crictl-v${version}-linux-$ARCH.tar.gz`;
  const archive = { base: `${mirror}/v${version}`, archive: name, sums: `${name}.sha256`, within: "" };
  return { directory, fetch: [fetchArchive("criTools", directory, ["crictl"], archive)], programs: ["crictl"] };
}

/** The settings of everything that a worker downloads. */
export interface WorkerReleases {
  kubernetes: ReleaseOptions;
  containerd: ReleaseOptions;
  runc: ReleaseOptions;
  cni: ReleaseOptions;
  criTools: ReleaseOptions;
}

/** Everything that a worker downloads. */
export const workerReleases = (o: WorkerReleases): Release[] => [
  kubernetesRelease(o.kubernetes, WORKER_PROGRAMS),
  containerdRelease(o.containerd),
  runcRelease(o.runc),
  cniRelease(o.cni),
  criToolsRelease(o.criTools),
];

/** A startup script that downloads at a controller's first boot the releases that its steps install. */
export const controllerPrefetch = (etcd: ReleaseOptions, kubernetes: ReleaseOptions): string =>
  prefetchScript([etcdRelease(etcd, ETCD_PROGRAMS), kubernetesRelease(kubernetes, CONTROL_PLANE_PROGRAMS)]);

/** A startup script that downloads at a worker's first boot the releases that its step installs. */
export const workerPrefetch = (releases: WorkerReleases): string => prefetchScript(workerReleases(releases));
