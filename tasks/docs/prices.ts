/**
 * Google's list prices in USD, by region. They are published on cloud.google.com/compute/all-pricing (machines, disks) and
 * cloud.google.com/vpc/network-pricing (addresses, forwarding rules).
 */
export interface Prices {
  /** An hour of a machine type, by name. */
  machine: Record<string, number>;
  /** A GiB of a disk type for a month, by name. */
  disk: Record<string, number>;
  /** An hour of an external address that a machine uses. One that a forwarding rule uses costs nothing. */
  address: number;
  /** An hour of a project's first five forwarding rules together. */
  forwardingRules: number;
}

/** When these were written down, from memory of those pages and copies of them: compare before you rely on them. */
export const PRICES_OF = "2026-11-21";

export const prices: Record<string, Prices> = {
  "us-central1": {
    machine: { "e2-small": 0.016753, "e2-medium": 0.033506, "e2-standard-2": 0.067006, "e2-standard-4": 0.134012 },
    disk: { "pd-standard": 0.04, "pd-balanced": 0.1, "pd-ssd": 0.17 },
    address: 0.005,
    forwardingRules: 0.025,
  },
};
