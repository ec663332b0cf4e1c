import { HostPackage } from "../hostPackages";
import { kubernetesProgram, released } from "./targets-releases";
import { Target } from "./target";
import { RELEASES } from "./versions";

/** What a worker's machine installs. A control plane needs none of it. */
export function workerTargets(arch: string): Target[] {
  const all = [
    ...kubernetesTargets(arch),
    ...containerdTargets(arch),
    ...runcTargets(arch),
    ...cniTargets(arch),
    ...criTargets(arch),
  ];
  return all.map((target) => ({ ...target, groups: [...target.groups, "workers"], onlyNamed: true }));
}

/** They share most packages with the control plane. The seconds are those of what is left when that is built. */
function kubernetesTargets(arch: string): Target[] {
  return Object.keys(RELEASES.kubernetes).flatMap((version) => [
    { ...kubernetesProgram("kubelet", version, arch), seconds: 90, megabytes: 500 },
    { ...kubernetesProgram("kube-proxy", version, arch), seconds: 10, megabytes: 200 },
  ]);
}

/** The groups of what runs containers: the same in every version of Kubernetes. */
const groups = ["runtime"];

function containerdTargets(arch: string): Target[] {
  const module = "github.com/containerd/containerd/v2";
  return Object.keys(RELEASES.containerd).map((version) => ({
    ...released("containerd", version, arch),
    groups,
    lane: 0,
    binaries: Object.fromEntries(
      ["containerd", "containerd-shim-runc-v2", "ctr"].map((name) => [name, `${module}/cmd/${name}`]),
    ),
    stamps: {
      [`${module}/version.Version`]: `v${version}`,
      [`${module}/version.Revision`]: `go-module-${module}@v${version}`,
    },
    layout: archive(`containerd-${version}-linux-${arch}.tar.gz`, "bin/", "sha256sum"),
    seconds: 95,
    megabytes: 1000,
  }));
}

/** What runc's C code and libseccomp need. libc6-dev has the static C library. */
const C_PACKAGES: readonly HostPackage[] = [
  { command: "gcc", package: "gcc" },
  { file: "/usr/include/stdio.h", package: "libc6-dev" },
  { command: "pkg-config", package: "pkg-config" },
  { file: "/usr/include/seccomp.h", package: "libseccomp-dev" },
];

function runcTargets(arch: string): Target[] {
  const file = `runc.${arch}`;
  return Object.keys(RELEASES.runc).map((version) => ({
    ...released("runc", version, arch),
    groups,
    lane: 0,
    binaries: { [file]: "github.com/opencontainers/runc" },
    stamps: { "main.gitCommit": `go-module-github.com/opencontainers/runc@v${version}` },
    cgo: { tags: ["seccomp", "netgo", "osusergo"], packages: C_PACKAGES },
    layout: { file, sums: "runc.sha256sum", line: "sum and name" },
    seconds: 15,
    megabytes: 200,
  }));
}

/** The plugins that workers use. The official archive has more. */
function cniTargets(arch: string): Target[] {
  const module = "github.com/containernetworking/plugins";
  return Object.keys(RELEASES["cni-plugins"]).map((version) => ({
    ...released("cni-plugins", version, arch),
    groups,
    lane: 0,
    binaries: {
      bridge: `${module}/plugins/main/bridge`,
      "host-local": `${module}/plugins/ipam/host-local`,
      loopback: `${module}/plugins/main/loopback`,
      portmap: `${module}/plugins/meta/portmap`,
    },
    stamps: { [`${module}/pkg/utils/buildversion.BuildVersion`]: `v${version}` },
    layout: archive(`cni-plugins-linux-${arch}-v${version}.tgz`, "./", "sha256"),
    seconds: 10,
    megabytes: 200,
  }));
}

function criTargets(arch: string): Target[] {
  return Object.keys(RELEASES["cri-tools"]).map((version) => ({
    ...released("cri-tools", version, arch),
    groups,
    lane: 0,
    binaries: { crictl: "sigs.k8s.io/cri-tools/cmd/crictl" },
    stamps: { "sigs.k8s.io/cri-tools/pkg/version.Version": `v${version}` },
    layout: { ...archive(`crictl-v${version}-linux-${arch}.tar.gz`, "", "sha256"), line: "sum" },
    seconds: 20,
    megabytes: 500,
  }));
}

const archive = (file: string, members: string, suffix: string) => ({
  file,
  members,
  sums: `${file}.${suffix}`,
  line: "sum and name" as const,
});
