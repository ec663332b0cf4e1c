import { kubernetesDir } from "./paths";
import { Target } from "./target";
import { ETCD_VERSION, KUBERNETES_DATE, KUBERNETES_VERSION } from "./versions";

/** The control plane's programs and kubectl. */
export function kubernetesTargets(arch: string): Target[] {
  const [major, minor] = KUBERNETES_VERSION.slice(1).split(".");
  const stamp = (name: string, value: string) =>
    Object.fromEntries(
      ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map((pkg) => [`${pkg}.${name}`, value]),
    );
  const binary = (name: string, seconds: number, megabytes: number): Target => ({
    name,
    groups: ["kubernetes"],
    version: KUBERNETES_VERSION,
    lane: 1,
    module: "kubernetes",
    sources: ["kubernetes"],
    binaries: { [name]: `k8s.io/kubernetes/cmd/${name}` },
    stamps: {
      ...stamp("gitVersion", KUBERNETES_VERSION),
      ...stamp("gitMajor", major!),
      ...stamp("gitMinor", minor!),
      ...stamp("buildDate", KUBERNETES_DATE),
      // A module carries no commit; these say where the sources came from instead.
      ...stamp("gitTreeState", "archive"),
      ...stamp("gitCommit", `go-module-k8s.io/kubernetes@${KUBERNETES_VERSION}`),
    },
    destination: `mirror/${kubernetesDir(arch)}`,
    layout: "checksums",
    seconds,
    megabytes,
  });
  return [
    binary("kube-apiserver", 130, 2500),
    binary("kube-controller-manager", 30, 500),
    binary("kube-scheduler", 5, 100),
    binary("kubectl", 15, 300),
  ];
}

/** etcd and its tools. */
export function etcdTarget(): Target {
  return {
    name: "etcd",
    groups: [],
    version: ETCD_VERSION,
    lane: 1,
    module: "etcd",
    sources: ["etcd"],
    binaries: {
      etcd: "go.etcd.io/etcd/server/v3",
      etcdctl: "go.etcd.io/etcd/etcdctl/v3",
      etcdutl: "go.etcd.io/etcd/etcdutl/v3",
    },
    stamps: { "go.etcd.io/etcd/api/v3/version.GitSHA": `go-module-go.etcd.io/etcd/server/v3@${ETCD_VERSION}` },
    destination: `mirror/etcd/${ETCD_VERSION}`,
    layout: "tarball",
    seconds: 25,
    megabytes: 500,
  };
}
