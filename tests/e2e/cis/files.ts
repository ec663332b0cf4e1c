import { directories, paths, units } from "../../../node/layout";
import { Control, control, none, ownedBy, within } from "./control";

/** The benchmark's files of static Pods: here a program is described by its unit. */
const unitFile = (ids: [string, string], unit: string): Control[] => [
  control(ids[0], `nobody but root reads ${unit}`, (m) => m.file(`${directories.units}/${unit}`), within(0o600)),
  control(ids[1], `${unit} is root's`, (m) => m.file(`${directories.units}/${unit}`), ownedBy("root:root")),
];

export const files: Control[] = [
  ...unitFile(["1.1.1", "1.1.2"], units.apiserver),
  ...unitFile(["1.1.3", "1.1.4"], units.controllerManager),
  ...unitFile(["1.1.5", "1.1.6"], units.scheduler),
  ...unitFile(["1.1.7", "1.1.8"], units.etcd),
  control(
    "1.1.9/10",
    "no file of a network plugin is on a controller",
    (m) => [...m.below("/etc/cni"), ...m.below("/var/lib/cni")],
    none,
  ),
  control("1.1.11", "etcd's data is etcd's alone", (m) => m.file(directories.etcdData), within(0o700)),
  control("1.1.12", "etcd's data is owned by etcd", (m) => m.file(directories.etcdData), ownedBy("etcd:etcd")),
  control(
    "1.1.13/14",
    "no administrator's credential is on a controller",
    (m) => m.files.filter((f) => /admin/.test(f.path) && f.path !== paths.admissionConfig),
    none,
  ),
  control(
    "1.1.15",
    "the scheduler's kubeconfig is its owner's alone",
    (m) => m.file(paths.schedulerKubeconfig),
    within(0o600),
  ),
  control(
    "1.1.16",
    "the scheduler's kubeconfig is root's",
    (m) => m.file(paths.schedulerKubeconfig),
    ownedBy("root:root"),
  ),
  control(
    "1.1.17",
    "the controller manager's kubeconfig is its owner's alone",
    (m) => m.file(paths.controllerManagerKubeconfig),
    within(0o600),
  ),
  control(
    "1.1.18",
    "the controller manager's kubeconfig is root's",
    (m) => m.file(paths.controllerManagerKubeconfig),
    ownedBy("root:root"),
  ),
  control(
    "1.1.19",
    "certificates and keys are root's",
    (m) => [...m.file(directories.pki), ...m.below(directories.pki), ...m.below(directories.etcdPki)],
    ownedBy("root:root"),
  ),
  control(
    "1.1.20",
    "nobody but their owner changes certificates",
    (m) => [...m.below(directories.pki, ".crt"), ...m.below(directories.etcdPki, ".crt")],
    within(0o644),
  ),
  control(
    "1.1.21",
    "keys are their owner's alone",
    (m) => [...m.below(directories.pki, ".key"), ...m.below(directories.etcdPki, ".key")],
    within(0o600),
  ),
];
