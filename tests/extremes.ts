import type { RawSettings } from "../settings/schema";

/**
 * For each setting, values at the ends of what the program accepts, and values just outside. A unit test holds them to the
 * program's rules, and an end-to-end test holds the accepted ones to the parsers of the real programs.
 */
export interface Extremes {
  accepted: unknown[];
  refused: unknown[];
  /** Other settings, without which the accepted values would break a rule between settings. */
  with?: Partial<Record<keyof RawSettings, unknown>>;
}

const LIST = ["34.1.2.0/24", "10.0.0.0/8"];
const label = (length: number) => "x".repeat(length);
/** A domain of this many characters, with labels as long as they may be. */
const domain = (length: number) =>
  Array.from({ length: 5 }, () => label(63))
    .join(".")
    .slice(-length);
const whole = (least: number, most: number, companions?: Extremes["with"]): Extremes => ({
  accepted: [least, most],
  refused: [least - 1, most + 1, `${least}.5`, "", "1e3", "0x10"],
  with: companions,
});

export const extremes: Record<keyof RawSettings, Extremes> = {
  name: { accepted: ["", "a", label(40)], refused: [label(41), "1a", "a-", "A"] },
  controllers: { accepted: [1, 5], refused: [0, 6, -1] },
  machineType: { accepted: ["e2-micro", "n2-custom-2-4096"], refused: ["", "E2-micro", "e2_micro"] },
  image: {
    accepted: ["debian-cloud/debian-12", "projects/p/global/images/own", "example.com:p/own"],
    refused: ["", "two words", "a?b"],
  },
  diskSizeGb: whole(10, 65536),
  diskType: { accepted: ["pd-ssd", "pd-balanced"], refused: ["", "PD-SSD", "hyperdisk-balanced"] },
  deletionProtection: { accepted: [true, false], refused: ["yes", 1, ""] },
  secureBoot: { accepted: [true, false], refused: ["yes", 1, ""] },
  ipForwarding: { accepted: [true, false], refused: ["no", 0, ""] },
  zones: { accepted: [[], ["europe-west1-b"]], refused: [["europe-west1-z"], ["europe-west1"], "europe-west1-b"] },
  sshUser: { accepted: ["a", label(32)], refused: ["", label(33), "1a", "root"] },
  administratorCidrs: {
    accepted: [LIST, ["34.1.2.3/32"], ["128.0.0.0/1"]],
    refused: [[], ["0.0.0.0/0"], ["34.1.2.3"]],
  },
  apiClientCidrs: { accepted: [[], ["0.0.0.0/0"], LIST], refused: [["34.1.2.3"], "34.1.2.0/24"] },
  apiAddress: { accepted: ["", "34.1.2.3"], refused: ["10.0.0.1", "127.0.0.1", "api.example.com", "34.1.2"] },
  apiServerNames: {
    accepted: [[], ["api.example.com", "34.1.2.3", "a", domain(253)]],
    refused: [
      ["API.example.com"],
      ["*.example.com"],
      ["34.1.2.300"],
      ["a..b"],
      [domain(254)],
      [`${label(64)}.a`],
      ["https://a"],
    ],
  },
  endpointName: {
    accepted: ["", "api.example.com"],
    refused: ["other.example.com"],
    with: { apiServerNames: ["api.example.com"] },
  },
  networkTier: { accepted: ["", "PREMIUM", "STANDARD"], refused: ["standard", "FIXED_STANDARD"] },
  subnetCidr: {
    accepted: ["10.240.0.0/28", "10.128.0.0/9"],
    refused: ["10.240.0.0/29", "127.0.0.0/24", "10.240.0.1/24"],
    with: { podCidr: "10.0.0.0/16", serviceCidr: "172.16.0.0/24" },
  },
  podCidr: {
    accepted: ["11.0.0.0/8", "10.200.0.0/24"],
    refused: ["12.0.0.0/7", "10.200.0.0/25", "224.0.0.0/16"],
  },
  serviceCidr: {
    accepted: ["172.16.0.0/12", "10.32.0.0/28"],
    refused: ["172.16.0.0/11", "10.32.0.0/29", "127.0.0.0/24"],
  },
  nodePortRange: {
    accepted: ["1024-2378", "2381-6442", "10260-65535", "1024-1025"],
    refused: ["1023-2000", "60000-65536", "30000-30000", "6443-6444", "2000-2379", "30000"],
  },
  clusterDomain: {
    accepted: ["a", `${label(63)}.local`, domain(230)],
    refused: ["", domain(231), `${label(64)}.local`, "local.", "Local"],
  },
  kubernetesVersion: { accepted: ["1.36.0", "1.37.99"], refused: ["1.35.0", "1.38.0", "v1.36.0", "1.36"] },
  etcdVersion: { accepted: ["3.6.0", "3.7.99"], refused: ["3.5.0", "3.8.0", "v3.6.0"] },
  kubernetesMirror: {
    accepted: ["https://mirror.example", "http://10.0.0.1:8080/a/b"],
    refused: ["ftp://mirror.example", "https://mirror.example/?a=b", "mirror.example", "https://a:b@c.example"],
  },
  etcdMirror: {
    accepted: ["https://mirror.example", "http://10.0.0.1:8080/a/b"],
    refused: ["ftp://mirror.example", "https://mirror.example/#a", "mirror.example", "https://a@c.example/d"],
  },
  // 1 would do for the setting alone, but no certificate can be shorter.
  authorityDays: { ...whole(1, 36500, { certificateDays: 1, renewBeforeDays: 0 }), accepted: [2, 36500] },
  certificateDays: whole(1, 36499, { authorityDays: 36500, renewBeforeDays: 0 }),
  renewBeforeDays: whole(0, 364),
  eventTtl: {
    accepted: ["1s", "8760h", "8759h59m60s", "1h30m"],
    refused: ["", "0s", "8760h1s", "2562048h", "1d", "-1h", "1.5h", "30m1h"],
  },
  auditMaxAgeDays: whole(1, 36500),
  auditMaxBackups: whole(1, 1000, { auditMaxSizeMb: 1 }),
  auditMaxSizeMb: whole(1, 100000, { auditMaxBackups: 1, diskSizeGb: 1000 }),
  maxRequestsInflight: whole(1, 1000000),
  maxMutatingRequestsInflight: whole(1, 1000000),
  drainSeconds: whole(5, 60),
  backupIntervalHours: whole(1, 168),
  backupsKept: whole(1, 100),
};
