import { toolEnv } from "../../../local/tools";
import { toolPaths } from "../../../local/tools/paths";
import { selectTargets } from "../../../local/tools/select";
import { allTargets } from "../../../local/tools/targets";
import { assertBuildable, DEFAULTS, ENGINE_VERSION } from "../../../local/tools/versions";
import { localTools, Releases, workerTools } from "../../../tasks/tools";

const all = allTargets({ arch: "amd64" });
const select = (...names: string[]) => selectTargets(all, names);
const ids = (...names: string[]) => select(...names).map((target) => target.id);

const kubernetes = (version: string) =>
  ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"].map((name) => `${name}-v${version}`);
const runtime = ["containerd-v2.4.2", "runc-v1.5.3", "cni-plugins-v1.10.0", "cri-tools-v1.37.0"];
const plugins = ["gcp", "tls", "command", "kubernetes-plugin"];

describe("ensure", () => {
  test("without a version builds the defaults", () => {
    expect(ids("kubernetes", "etcd")).toEqual([...kubernetes(DEFAULTS.kubernetes), `etcd-v${DEFAULTS.etcd}`]);
    expect(ids("plugins")).toEqual(plugins);
    expect(ids()).toEqual(
      ["engine", "language-nodejs"].concat(kubernetes(DEFAULTS.kubernetes), `etcd-v${DEFAULTS.etcd}`, plugins),
    );
  });

  test("with a version builds that one alone", () => {
    expect(ids("kubernetes@1.37.2", "etcd@3.6.16")).toEqual([...kubernetes("1.37.2"), "etcd-v3.6.16"]);
    expect(ids("kubectl@v1.36.1")).toEqual(["kubectl-v1.36.1"]);
    expect(ids("etcd", "etcd@3.6.16")).toEqual(["etcd-v3.6.16", "etcd-v3.7.3"]);
  });

  test("builds what workers run only when it is named; the version of that group is that of Kubernetes", () => {
    const workers = (version: string) => [`kubelet-v${version}`, `kube-proxy-v${version}`];
    const named = (id: string) => id.startsWith("kube");
    expect(ids("workers")).toEqual(expect.arrayContaining([...workers(DEFAULTS.kubernetes), ...runtime]));
    expect(ids("workers").filter(named)).toEqual(workers(DEFAULTS.kubernetes));
    expect(ids("workers@1.36.3").filter(named)).toEqual(workers("1.36.3"));
    expect(ids("workers@1.36.3")).toEqual(expect.arrayContaining(runtime));
    expect(ids("runtime")).toEqual(runtime);
    expect(ids("kubelet@1.36.1", "runc@v1.5.3")).toEqual(["kubelet-v1.36.1", "runc-v1.5.3"]);
    expect([...ids(), ...ids("kubernetes")].filter((id) => ids("workers").includes(id))).toEqual([]);
  });

  test("refuses every unknown name and version at once, with those that there are", () => {
    const refused = () => select("ectd", "kubernetes@1.35.0", "etcd@3.5.0", "gcp@9.0.0", "runtime@1", "etcd");
    expect(refused).toThrow(/^no tool is called "ectd"; there are: cni-plugins, command, /);
    expect(refused).toThrow(/^kubernetes 1\.35\.0 cannot be built: .* 1\.36\.1, 1\.36\.3, 1\.37\.2\. /m);
    expect(refused).toThrow(/^etcd 3\.5\.0 cannot be built: .* 3\.6\.16, 3\.7\.3\. Use one of these, /m);
    expect(refused).toThrow(/^gcp@9\.0\.0: gcp takes no version\. Releases do \(kubernetes, etcd, .*\); plugins /m);
    expect(refused).toThrow(/^runtime@1: runtime takes no version\./m);
    expect(() => select("workers@1.35.0", "runc@1")).toThrow(
      /^kubernetes 1\.35\.0 .*\nrunc 1 cannot be built: .* 1\.5\.3\. /,
    );
    expect(() => assertBuildable("kubernetes", DEFAULTS.kubernetes)).not.toThrow();
  });
});

test("versions are kept side by side: no two targets share a record or a file", () => {
  const files = all.flatMap((target) => Object.keys(target.binaries).map((file) => `${target.destination}/${file}`));
  expect(new Set(files).size).toBe(files.length);
  expect(new Set(all.map((target) => target.id)).size).toBe(all.length);
  expect(select("kubectl@1.37.2")[0]!.destination).toBe("mirror/kubernetes/v1.37.2/bin/linux/amd64");
  expect(select("etcd@3.6.16")[0]!.destination).toBe("mirror/etcd/v3.6.16");
  expect(select("kubelet", "runtime").map(({ destination }) => destination)).toEqual([
    "mirror/kubernetes/v1.37.2/bin/linux/amd64",
    "mirror/containerd/v2.4.2",
    "mirror/runc/v1.5.3",
    "mirror/cni/v1.10.0",
    "mirror/cri-tools/v1.37.0",
  ]);
});

test("the binaries report the version that they were built from", () => {
  expect(select("kube-apiserver@1.37.2")[0]!.stamps).toMatchObject({
    "k8s.io/component-base/version.gitVersion": "v1.37.2",
    "k8s.io/component-base/version.gitMajor": "1",
    "k8s.io/component-base/version.gitMinor": "37",
    "k8s.io/client-go/pkg/version.gitVersion": "v1.37.2",
  });
});

describe("paths", () => {
  const directory = (version: string) => `/c/hardway/mirror/kubernetes/v${version}/bin/linux`;

  test("follow XDG_CACHE_HOME unless it is relative", () => {
    expect(toolPaths({ XDG_CACHE_HOME: "/c", HOME: "/h" }, "arm64").kubectlDir).toBe(
      `${directory(DEFAULTS.kubernetes)}/arm64`,
    );
    expect(toolPaths({ XDG_CACHE_HOME: "c", HOME: "/h" }, "x64").cache).toBe("/h/.cache/hardway");
  });

  test("an architecture that cannot be built for is refused", () => {
    expect(() => toolPaths({}, "riscv64")).toThrow("no tools for a riscv64 machine");
  });

  test("PATH has the engine, then kubectl of the version asked for, then of the default version", () => {
    const path = (version?: string) =>
      toolEnv({ XDG_CACHE_HOME: "/c", PATH: "/bin" }, version).PATH!.replaceAll(/\/(amd64|arm64)/g, "");
    const engine = `/c/hardway/engine/${ENGINE_VERSION}`;
    expect(path()).toBe(`${engine}:${directory(DEFAULTS.kubernetes)}:/bin`);
    expect(path("1.36.1")).toBe(`${engine}:${directory("1.36.1")}:${directory(DEFAULTS.kubernetes)}:/bin`);
  });
});

describe("a local stack", () => {
  const engine = ["engine", "language-nodejs", "plugins"];
  const settings: Releases = {
    kubernetesVersion: "1.37.2",
    kubernetesMirror: "http://203.0.113.3/kubernetes",
    etcdVersion: "3.6.16",
    etcdMirror: "http://203.0.113.3/etcd",
  };

  test("has only the versions built that its settings name", () => {
    expect(localTools(settings)).toEqual([...engine, "kubernetes@1.37.2", "etcd@3.6.16"]);
  });

  test("has the default versions built when only the engine can read its settings", () => {
    expect(select(...localTools(undefined))).toEqual(select());
  });

  test("asks for a version that cannot be built only when its machines download it from the local mirror", () => {
    const unknown = { ...settings, kubernetesVersion: "1.36.99" };
    expect(localTools(unknown)).toContain("kubernetes@1.36.99");
    expect(localTools({ ...unknown, kubernetesMirror: "http://203.0.113.1/k" })).toEqual([...engine, "etcd@3.6.16"]);
  });

  test("has workers that get the version of its control plane, or only what runs containers where that comes from elsewhere", () => {
    expect(workerTools(settings)).toEqual(["workers@1.37.2"]);
    const elsewhere = { kubernetesVersion: "1.36.99", kubernetesMirror: "http://203.0.113.1/k" };
    expect(workerTools(elsewhere)).toEqual(["runtime"]);
    expect(select(...workerTools(undefined))).toEqual(select("workers"));
  });
});
