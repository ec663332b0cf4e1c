import { directories, paths, units } from "../../../node/layout";
import { Control, control, none, ownedBy, within } from "./control";

/** The benchmark has manifests of static Pods here. In this cluster, units take their place. */
const unitFile = (ids: [string, string], unit: string): Control[] => [
  control(ids[0], `only root can read ${unit}`, (m) => m.file(`${directories.units}/${unit}`), within(0o600)),
  control(ids[1], `root owns ${unit}`, (m) => m.file(`${directories.units}/${unit}`), ownedBy("root:root")),
];

export const files: Control[] = [
  ...unitFile(["1.1.1", "1.1.2"], units.apiserver),
  ...unitFile(["1.1.3", "1.1.4"], units.controllerManager),
  ...unitFile(["1.1.5", "1.1.6"], units.scheduler),
  ...unitFile(["1.1.7", "1.1.8"], units.etcd),
  control(
    "1.1.9/10",
    "a controller has no files of a network plugin",
    (m) => [...m.below("/etc/cni"), ...m.below("/var/lib/cni")],
    none,
  ),
  control("1.1.11", "only its owner can read etcd's data", (m) => m.file(directories.etcdData), within(0o700)),
  control("1.1.12", "the user etcd owns etcd's data", (m) => m.file(directories.etcdData), ownedBy("etcd:etcd")),
  control(
    "1.1.13/14",
    "a controller has no credential of an administrator",
    (m) => m.files.filter((f) => /admin/.test(f.path) && f.path !== paths.admissionConfig),
    none,
  ),
  control(
    "1.1.15",
    "only its owner can read kube-scheduler's kubeconfig",
    (m) => m.file(paths.schedulerKubeconfig),
    within(0o600),
  ),
  control(
    "1.1.16",
    "root owns kube-scheduler's kubeconfig",
    (m) => m.file(paths.schedulerKubeconfig),
    ownedBy("root:root"),
  ),
  control(
    "1.1.17",
    "only its owner can read kube-controller-manager's kubeconfig",
    (m) => m.file(paths.controllerManagerKubeconfig),
    within(0o600),
  ),
  control(
    "1.1.18",
    "root owns kube-controller-manager's kubeconfig",
    (m) => m.file(paths.controllerManagerKubeconfig),
    ownedBy("root:root"),
  ),
  control(
    "1.1.19",
    "root owns certificates and keys",
    (m) => [...m.file(directories.pki), ...m.below(directories.pki), ...m.below(directories.etcdPki)],
    ownedBy("root:root"),
  ),
  control(
    "1.1.20",
    "only their owner can change certificates",
    (m) => [...m.below(directories.pki, ".crt"), ...m.below(directories.etcdPki, ".crt")],
    within(0o644),
  ),
  control(
    "1.1.21",
    "only their owner can read keys",
    (m) => [...m.below(directories.pki, ".key"), ...m.below(directories.etcdPki, ".key")],
    within(0o600),
  ),
];
