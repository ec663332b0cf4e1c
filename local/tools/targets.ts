import { kubernetesDir, ToolPaths } from "./paths";
import { pluginVersion } from "./pinned";
import { ENGINE_VERSION, ETCD_VERSION, KUBERNETES_DATE, KUBERNETES_VERSION, LANGUAGE_NODEJS_VERSION } from "./versions";

/** One thing that can be built on its own. Source paths are below local/tools. */
export interface Target {
  /** What `ensure` takes. */
  name: string;
  /** Other names that include this target. */
  groups: string[];
  version: string;
  /** Targets of one lane are built one after the other; they share what is compiled for them. */
  lane: "pulumi" | "releases";
  /** Directory of the Go module. */
  module: string;
  /** Files and directories whose contents decide whether it must be built again. */
  sources: string[];
  /** Package to build for each file. */
  binaries: Record<string, string>;
  /** `-X` flags of the linker: package variable to value. */
  stamps: Record<string, string>;
  /** Directory below the cache where the result goes. */
  destination: string;
  /** How the result is laid out: bare files, files with .sha256 beside them, or one tarball with SHA256SUMS. */
  layout: "files" | "checksums" | "tarball";
  /** Directory filled with another package's files while building: `{ directory: import path }`, without `omit`. */
  overlay?: { directory: string; from: string; omit: string };
  /** Seconds of a first build on two cores, downloads included: an estimate for people. */
  seconds: number;
  /** Megabytes of disk for a first build: modules, Go's build cache, result. */
  megabytes: number;
}

/** Everything the toolchain can build, in the order of building. */
export function allTargets(paths: Pick<ToolPaths, "arch">): Target[] {
  return [...pulumiTargets(), ...kubernetesTargets(paths.arch), etcdTarget()];
}

function pulumiTargets(): Target[] {
  const engine = (name: string, module: string, version: string, file: string, pkg: string) => ({
    name,
    groups: [],
    version,
    lane: "pulumi" as const,
    module,
    sources: [module],
    binaries: { [file]: pkg },
    stamps: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": version },
    destination: `engine/${ENGINE_VERSION}`,
    layout: "files" as const,
  });
  return [
    {
      ...engine("engine", "engine", ENGINE_VERSION, "pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"),
      seconds: 200,
      megabytes: 3000,
    },
    {
      ...engine(
        "language-nodejs",
        "language-nodejs",
        LANGUAGE_NODEJS_VERSION,
        "pulumi-language-nodejs",
        "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      ),
      seconds: 30,
      megabytes: 400,
    },
    {
      ...bridged("gcp"),
      overlay: {
        directory: "plugins/gcp/provider",
        from: "github.com/hashicorp/terraform-provider-google/google/provider",
        omit: "provider_register_services.go",
      },
      seconds: 150,
      megabytes: 2500,
    },
    { ...bridged("tls"), seconds: 20, megabytes: 500 },
    { ...plugin("command", "command"), module: "plugins/command", sources: ["plugins/command"] },
    { ...plugin("kubernetes", "kubernetes-plugin"), module: "plugins/kubernetes", sources: ["plugins/kubernetes"] },
  ];
}

function plugin(npm: string, name: string): Target {
  const version = pluginVersion(npm);
  return {
    name,
    groups: ["plugins"],
    version,
    lane: "pulumi",
    module: "plugins",
    sources: [],
    binaries: { [`pulumi-resource-${npm}`]: "." },
    stamps: { "main.version": version },
    destination: `pulumi/plugins/resource-${npm}-v${version}`,
    layout: "files",
    seconds: 60,
    megabytes: 600,
  };
}

/** The gcp and tls plugins share the module plugins/, of which the other plugins are no part. */
function bridged(npm: string): Target {
  return {
    ...plugin(npm, npm),
    sources: ["plugins/go.mod", "plugins/go.sum", "plugins/internal", `plugins/${npm}`],
    binaries: { [`pulumi-resource-${npm}`]: `./${npm}` },
  };
}

function kubernetesTargets(arch: string): Target[] {
  const [major, minor] = KUBERNETES_VERSION.slice(1).split(".");
  const stamp = (name: string, value: string) =>
    Object.fromEntries(
      ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map((pkg) => [`${pkg}.${name}`, value]),
    );
  const binary = (name: string, seconds: number, megabytes: number): Target => ({
    name,
    groups: ["kubernetes"],
    version: KUBERNETES_VERSION,
    lane: "releases",
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
    binary("kube-apiserver", 170, 2500),
    binary("kube-controller-manager", 45, 500),
    binary("kube-scheduler", 10, 100),
    binary("kubectl", 20, 300),
  ];
}

function etcdTarget(): Target {
  return {
    name: "etcd",
    groups: [],
    version: ETCD_VERSION,
    lane: "releases",
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
    seconds: 45,
    megabytes: 500,
  };
}
