import type { Api } from "../api";
import type { Check } from "../check";

/** A worker, as far as the checks need it. */
export interface Worker {
  /** Name of its Node. */
  name: string;
  /** The range of its Pods' addresses. */
  podCidr: string;
}

export interface WorkersContext {
  workers: Worker[];
  /** MAJOR.MINOR.PATCH, of the control plane. */
  kubernetesVersion: string;
  api: Pick<Api, "json" | "request">;
}

export type WorkersCheck = Check<WorkersContext>;
