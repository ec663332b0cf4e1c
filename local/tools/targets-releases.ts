import { placeOf } from "./places";
import { Target } from "./target";
import { Release, RELEASES } from "./versions";

/** The control plane's programs and kubectl, in every version that can be built. */
export function kubernetesTargets(arch: string): Target[] {
  const groups = ["kubernetes"];
  return Object.keys(RELEASES.kubernetes).flatMap((version) => [
    { ...kubernetesProgram("kube-apiserver", version, arch), groups, seconds: 130, megabytes: 2800 },
    { ...kubernetesProgram("kube-controller-manager", version, arch), groups, seconds: 30, megabytes: 600 },
    { ...kubernetesProgram("kube-scheduler", version, arch), groups, seconds: 5, megabytes: 100 },
    { ...kubernetesProgram("kubectl", version, arch), groups, seconds: 15, megabytes: 300 },
  ]);
}

/** What nobody can know before a build was tried: see {@link Target}. */
type Effort = "seconds" | "megabytes";

/** A program of Kubernetes, with the file NAME.sha256 beside it. */
export function kubernetesProgram(name: string, version: string, arch: string): Omit<Target, Effort> {
  const { date } = RELEASES.kubernetes[version as keyof typeof RELEASES.kubernetes];
  return {
    ...released("kubernetes", version, arch),
    id: `${name}-v${version}`,
    name,
    lane: 1,
    binaries: { [name]: `k8s.io/kubernetes/cmd/${name}` },
    stamps: kubernetesStamps(version, date),
    layout: { file: name, sums: `${name}.sha256`, line: "sum" },
  };
}

/** What the targets of one version ("3.7.3") of a release have in common. */
export function released(release: Release, version: string, arch: string) {
  const { module } = (RELEASES[release] as Record<string, { module: string }>)[version]!;
  return {
    id: `${release}-v${version}`,
    name: release as string,
    groups: [] as string[],
    release,
    version: `v${version}`,
    module,
    sources: [module],
    destination: `mirror/${placeOf(release, version, arch).directory}`,
  };
}

function kubernetesStamps(version: string, date: string): Record<string, string> {
  const [major, minor] = version.split(".");
  const values = {
    gitVersion: `v${version}`,
    gitMajor: major!,
    gitMinor: minor!,
    buildDate: date,
    // A Go module carries no commit, so these say where the sources came from.
    gitTreeState: "archive",
    gitCommit: `go-module-k8s.io/kubernetes@v${version}`,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map((pkg) => [`${pkg}.${name}`, value]),
    ),
  );
}

/** etcd with its tools, in every version that can be built. */
export function etcdTargets(arch: string): Target[] {
  return Object.keys(RELEASES.etcd).map((version) => ({
    ...released("etcd", version, arch),
    lane: 1,
    binaries: {
      etcd: "go.etcd.io/etcd/server/v3",
      etcdctl: "go.etcd.io/etcd/etcdctl/v3",
      etcdutl: "go.etcd.io/etcd/etcdutl/v3",
    },
    stamps: { "go.etcd.io/etcd/api/v3/version.GitSHA": `go-module-go.etcd.io/etcd/server/v3@v${version}` },
    layout: {
      file: `etcd-v${version}-linux-${arch}.tar.gz`,
      members: `etcd-v${version}-linux-${arch}/`,
      sums: "SHA256SUMS",
      line: "sum and name",
    },
    seconds: 25,
    megabytes: 500,
  }));
}
