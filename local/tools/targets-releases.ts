import { etcdDir, kubernetesDir } from "./paths";
import { Target } from "./target";
import { RELEASES } from "./versions";

/** The control plane's programs and kubectl, in every version that can be built. */
export function kubernetesTargets(arch: string): Target[] {
  return Object.entries(RELEASES.kubernetes).flatMap(([version, pinned]) => {
    const binary = (name: string, seconds: number, megabytes: number): Target => ({
      id: `${name}-v${version}`,
      name,
      groups: ["kubernetes"],
      release: "kubernetes",
      version: `v${version}`,
      lane: 1,
      module: pinned.module,
      sources: [pinned.module],
      binaries: { [name]: `k8s.io/kubernetes/cmd/${name}` },
      stamps: kubernetesStamps(version, pinned.date),
      destination: `mirror/${kubernetesDir(version, arch)}`,
      layout: "checksums",
      seconds,
      megabytes,
    });
    return [
      binary("kube-apiserver", 130, 2800),
      binary("kube-controller-manager", 30, 600),
      binary("kube-scheduler", 5, 100),
      binary("kubectl", 15, 300),
    ];
  });
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
export function etcdTargets(): Target[] {
  return Object.entries(RELEASES.etcd).map(([version, { module }]) => ({
    id: `etcd-v${version}`,
    name: "etcd",
    groups: [],
    release: "etcd",
    version: `v${version}`,
    lane: 1,
    module,
    sources: [module],
    binaries: {
      etcd: "go.etcd.io/etcd/server/v3",
      etcdctl: "go.etcd.io/etcd/etcdctl/v3",
      etcdutl: "go.etcd.io/etcd/etcdutl/v3",
    },
    stamps: { "go.etcd.io/etcd/api/v3/version.GitSHA": `go-module-go.etcd.io/etcd/server/v3@v${version}` },
    destination: `mirror/${etcdDir(version)}`,
    layout: "tarball",
    seconds: 25,
    megabytes: 500,
  }));
}
