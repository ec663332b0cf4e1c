/**
 * The minor versions that this program supports, and what differs between them. A new minor needs an entry here, its golden
 * files (tests/golden), and its Go modules in local/tools for the local cloud.
 */
import type { Flags } from "./render/unit";

/** The flags of a Kubernetes minor, besides those that all minors share. */
export interface KubernetesMinor {
  /** The newest version of this minor that the tests run, MAJOR.MINOR.PATCH. */
  newest: string;
  apiserver: Flags;
  controllerManager: Flags;
  scheduler: Flags;
}

/** The flags of an etcd minor, besides those that all minors share. */
export interface EtcdMinor {
  /** The newest version of this minor that the tests run, MAJOR.MINOR.PATCH. */
  newest: string;
  etcd: Flags;
}

/** Oldest first. Both minors have all flags that this program sets, with the same meaning. */
const kubernetes: Record<string, KubernetesMinor> = {
  "1.36": { newest: "1.36.3", apiserver: {}, controllerManager: {}, scheduler: {} },
  "1.37": { newest: "1.37.2", apiserver: {}, controllerManager: {}, scheduler: {} },
};

/** Oldest first. */
const etcd: Record<string, EtcdMinor> = {
  "3.6": { newest: "3.6.16", etcd: {} },
  "3.7": { newest: "3.7.3", etcd: {} },
};

export const KUBERNETES_MINORS = Object.keys(kubernetes);
export const ETCD_MINORS = Object.keys(etcd);

/** The programs whose version a setting names, by that setting, with the newest version of each minor, oldest first. */
export const PROGRAMS = {
  kubernetesVersion: { name: "Kubernetes", newest: Object.values(kubernetes).map(({ newest }) => newest) },
  etcdVersion: { name: "etcd", newest: Object.values(etcd).map(({ newest }) => newest) },
};

/** Returns MAJOR.MINOR of the version MAJOR.MINOR.PATCH. */
export const minorOf = (version: string): string => version.split(".").slice(0, 2).join(".");

/** `version` is MAJOR.MINOR.PATCH. Throws an Error that lists the supported minors. */
export const kubernetesMinor = (version: string): KubernetesMinor => lookUp("Kubernetes", kubernetes, version);

/** `version` is MAJOR.MINOR.PATCH. Throws an Error that lists the supported minors. */
export const etcdMinor = (version: string): EtcdMinor => lookUp("etcd", etcd, version);

function lookUp<T>(name: string, table: Record<string, T>, version: string): T {
  const found = table[minorOf(version)];
  if (found === undefined)
    throw new Error(`${name} ${version} is not supported; use ${Object.keys(table).join(" or ")}`);
  return found;
}
