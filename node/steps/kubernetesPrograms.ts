import { Step } from "../render/step";

const PROGRAMS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"];

/** Puts Kubernetes' programs in place. Needs nothing but the machine, so it runs while certificates are still made. */
export function kubernetesProgramsStep(options: { mirror: string; version: string }): Step {
  return {
    name: "kubernetes-programs",
    users: [],
    releases: PROGRAMS.map((name) => `release_binary ${options.mirror} v${options.version} ${name}`),
    directories: [],
    files: [],
    prepare: [],
    units: [],
  };
}
