/** Google's list prices in USD. Each has a source that was read, with the date on which the prices were valid. */

export interface Source {
  title: string;
  url: string;
  /** YYYY-MM-DD */
  date: string;
}

export const SOURCES = {
  /** Google's Cloud Billing Catalog API, as this project exports it: machines, disks, external addresses. */
  catalog: {
    title: "Cloud Billing Catalog",
    url: "https://github.com/Cyclenerd/google-cloud-pricing-cost-calculator/blob/0166a59ebba7c36f2cc8c931d9f258dcebc44776/pricing.yml",
    date: "2025-03-06",
  },
  /** A transcript of cloud.google.com/load-balancing/pricing. It has the price of global forwarding rules only. */
  loadBalancing: {
    title: "load balancing prices",
    url: "https://raw.githubusercontent.com/api-evangelist/google-cloud-load-balancing/refs/heads/main/plans/google-cloud-load-balancing-plans-pricing.yml",
    date: "2026-09-20",
  },
} satisfies Record<string, Source>;

export interface Prices {
  /** One hour of a machine, by machine type. */
  machine: Record<string, number>;
  /** One GiB for a month, by disk type. */
  disk: Record<string, number>;
  /** One hour of an external address that a machine uses. */
  address: number;
  /** One hour of a project's first five forwarding rules together. */
  forwardingRules: number;
}

/**
 * One hour of an E2 machine in us-central1, from its processors and memory. A shared-core type is billed as a fraction of a
 * processor. The two factors follow from e2-highcpu-8 (0.19788096) and e2-highmem-16 (0.72319728) in the source.
 */
const e2 = (processors: number, memoryGib: number) => processors * 0.02181159 + memoryGib * 0.00292353;

/** By region. */
export const prices: Record<string, Prices> = {
  "us-central1": {
    machine: {
      "e2-small": e2(0.5, 2),
      "e2-medium": e2(1, 4),
      "e2-standard-2": e2(2, 8),
      "e2-standard-4": e2(4, 16),
    },
    disk: { "pd-standard": 0.04, "pd-balanced": 0.1, "pd-ssd": 0.17 },
    address: 0.005,
    forwardingRules: 0.025,
  },
};
