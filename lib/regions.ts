/**
 * Google Cloud's regions, so that neither a preview nor the local cloud has to ask for them. Sources: Compute Engine's page
 * "Regions and zones" for the zones; the VPC pages "Auto mode IPv4 ranges" and, for the two youngest regions
 * (northamerica-south1, 2024-11-18; europe-north2, 2025-03-04), the VPC release notes for the ranges.
 */

interface Region {
  /** A letter for each zone: "abc" stands for REGION-a, REGION-b and REGION-c. */
  letters: string;
  /** The range of the subnetwork that an auto mode network has in this region. */
  autoRange: string;
}

const region = (letters: string, autoRange: string): Region => ({ letters, autoRange });

const TABLE = new Map<string, Region>(
  Object.entries({
    "africa-south1": region("abc", "10.218.0.0/20"),
    "asia-east1": region("abc", "10.140.0.0/20"),
    "asia-east2": region("abc", "10.170.0.0/20"),
    "asia-northeast1": region("abc", "10.146.0.0/20"),
    "asia-northeast2": region("abc", "10.174.0.0/20"),
    "asia-northeast3": region("abc", "10.178.0.0/20"),
    "asia-south1": region("abc", "10.160.0.0/20"),
    "asia-south2": region("abc", "10.190.0.0/20"),
    "asia-southeast1": region("abc", "10.148.0.0/20"),
    "asia-southeast2": region("abc", "10.184.0.0/20"),
    "australia-southeast1": region("abc", "10.152.0.0/20"),
    "australia-southeast2": region("abc", "10.192.0.0/20"),
    "europe-central2": region("abc", "10.186.0.0/20"),
    "europe-north1": region("abc", "10.166.0.0/20"),
    "europe-north2": region("abc", "10.226.0.0/20"),
    "europe-southwest1": region("abc", "10.204.0.0/20"),
    "europe-west1": region("bcd", "10.132.0.0/20"),
    "europe-west2": region("abc", "10.154.0.0/20"),
    "europe-west3": region("abc", "10.156.0.0/20"),
    "europe-west4": region("abc", "10.164.0.0/20"),
    "europe-west6": region("abc", "10.172.0.0/20"),
    "europe-west8": region("abc", "10.198.0.0/20"),
    "europe-west9": region("abc", "10.200.0.0/20"),
    "europe-west10": region("abc", "10.214.0.0/20"),
    "europe-west12": region("abc", "10.210.0.0/20"),
    "me-central1": region("abc", "10.212.0.0/20"),
    "me-central2": region("abc", "10.216.0.0/20"),
    "me-west1": region("abc", "10.208.0.0/20"),
    "northamerica-northeast1": region("abc", "10.162.0.0/20"),
    "northamerica-northeast2": region("abc", "10.188.0.0/20"),
    "northamerica-south1": region("abc", "10.224.0.0/20"),
    "southamerica-east1": region("abc", "10.158.0.0/20"),
    "southamerica-west1": region("abc", "10.194.0.0/20"),
    "us-central1": region("abcf", "10.128.0.0/20"),
    "us-east1": region("bcd", "10.142.0.0/20"),
    "us-east4": region("abc", "10.150.0.0/20"),
    "us-east5": region("abc", "10.202.0.0/20"),
    "us-south1": region("abc", "10.206.0.0/20"),
    "us-west1": region("abc", "10.138.0.0/20"),
    "us-west2": region("abc", "10.168.0.0/20"),
    "us-west3": region("abc", "10.180.0.0/20"),
    "us-west4": region("abc", "10.182.0.0/20"),
  }),
);

export const REGIONS: readonly string[] = [...TABLE.keys()];

/** Zone names of a region; undefined when the region is not in the table. */
export function zonesOf(name: string): string[] | undefined {
  const letters = TABLE.get(name)?.letters;
  return letters === undefined ? undefined : [...letters].map((letter) => `${name}-${letter}`);
}

export const ZONES: readonly string[] = REGIONS.flatMap((name) => zonesOf(name)!);

export function regionOfZone(zone: string): string {
  return zone.slice(0, zone.lastIndexOf("-"));
}

/** The range of a region's subnetwork in an auto mode network; undefined when the region is not in the table. */
export function autoRange(name: string): string | undefined {
  return TABLE.get(name)?.autoRange;
}
