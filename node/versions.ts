/**
 * The minor versions that this program can run, and what differs between them. To add one: an entry here, its golden
 * files (tests/golden), and its Go modules in local/tools if it is to be built.
 */
import type { Flags } from "./render/unit";

/** What a Kubernetes minor has beside the flags that all minors share. */
export interface KubernetesMinor {
  apiserver: Flags;
  controllerManager: Flags;
  scheduler: Flags;
}

/** What an etcd minor has beside the flags that all minors share. */
export interface EtcdMinor {
  etcd: Flags;
}

/** Of the flags that this program sets, 1.36 and 1.37 have all, with the same meaning. */
const kubernetes: Record<string, KubernetesMinor> = {
  "1.36": { apiserver: {}, controllerManager: {}, scheduler: {} },
  "1.37": { apiserver: {}, controllerManager: {}, scheduler: {} },
};

const etcd: Record<string, EtcdMinor> = {
  "3.6": { etcd: {} },
  "3.7": { etcd: {} },
};

export const KUBERNETES_MINORS = Object.keys(kubernetes);
export const ETCD_MINORS = Object.keys(etcd);

/** MAJOR.MINOR of MAJOR.MINOR.PATCH. */
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
