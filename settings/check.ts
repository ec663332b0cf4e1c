import { addressAt, cidrRange, overlap } from "../lib/ipv4";
import { ports } from "../node/layout";
import { REGIONS, zonesOf } from "../lib/regions";
import { bootDiskProblem, imageProblem } from "../lib/machineSeries";
import { checkEndpointName } from "./apiNames";
import { nearest } from "./nearest";
import type { Problem } from "./problems";
import type { RawSettings } from "./schema";

/** Controller N has address number 10 + N of the subnet. */
export const FIRST_CONTROLLER_ADDRESS = 10;
/** The cluster's DNS Service has address number 10 of the service range. */
export const DNS_ADDRESS = 10;
/** Prefix length of the range of Pod addresses that each node gets. kube-controller-manager's default. */
const NODE_PREFIX = 24;
/** kube-controller-manager hands out at most 2^16 such ranges. */
const MOST_NODE_BITS = 16;
/** Prefix length of the largest service range. kube-apiserver would take more, but a million Services are enough. */
const WIDEST_SERVICE_PREFIX = 12;
/** Prefix length of the smallest service range that contains the DNS Service's address. */
const NARROWEST_SERVICE_PREFIX = 28;
/** Google reserves the last two addresses of a subnet. */
const RESERVED_AT_END = 2;

/** Ranges with a special meaning, which machines, Pods and Services cannot use. */
const SPECIAL = {
  "0.0.0.0/8": "this host",
  "127.0.0.0/8": "loopback",
  "169.254.0.0/16": "link-local addresses",
  "224.0.0.0/4": "multicast",
};

type Add = (key: keyof RawSettings | "gcp:region", value: string | undefined, message: string) => void;

/**
 * Checks the rules between settings and returns every problem. A setting is undefined here when it was refused before; the
 * rules that need it are skipped.
 */
export function checkTogether(s: Partial<RawSettings>, region: string | undefined): Problem[] {
  const problems: Problem[] = [];
  const add: Add = (key, value, message) => problems.push({ key, value, message });
  checkRanges(s, add);
  checkSubnet(s, add);
  checkServices(s, add);
  checkPods(s, add);
  checkAccess(s, add);
  checkZones(s, region, add);
  checkLifetimes(s, add);
  checkNodePorts(s, add);
  checkAuditLog(s, add);
  checkMachine(s, add);
  return [...problems, ...checkEndpointName(s)];
}

type Some = Partial<RawSettings>;

function checkRanges(s: Some, add: Add) {
  const named = (["subnetCidr", "podCidr", "serviceCidr"] as const).flatMap((key) => {
    const text = s[key];
    return text === undefined ? [] : [{ key, text, range: cidrRange(text) }];
  });
  for (const { key, text, range } of named) {
    const special = Object.entries(SPECIAL).find(([kept]) => overlap(range, cidrRange(kept)));
    if (special)
      add(
        key,
        text,
        `must not contain addresses of ${special[0]}, which is for ${special[1]}; use a private range, for example within 10.0.0.0/8`,
      );
  }
  named.forEach((a, i) => {
    for (const b of named.slice(i + 1)) {
      if (overlap(a.range, b.range)) add(b.key, b.text, `must not overlap ${a.key} ${a.text}`);
    }
  });
}

function checkSubnet({ subnetCidr, controllers }: Some, add: Add) {
  if (subnetCidr === undefined || controllers === undefined) return;
  const needed = FIRST_CONTROLLER_ADDRESS + controllers + RESERVED_AT_END;
  const subnet = cidrRange(subnetCidr);
  if (subnet.last - subnet.first + 1 < needed) {
    const last = FIRST_CONTROLLER_ADDRESS + controllers - 1;
    add(
      "subnetCidr",
      subnetCidr,
      `must be /${needed > 16 ? 27 : 28} or larger, because controllers use its addresses ${FIRST_CONTROLLER_ADDRESS} to ${last} and Google reserves the last two`,
    );
  }
}

function checkServices({ serviceCidr }: Some, add: Add) {
  if (serviceCidr === undefined) return;
  const { prefix } = cidrRange(serviceCidr);
  if (prefix > NARROWEST_SERVICE_PREFIX) {
    add(
      "serviceCidr",
      serviceCidr,
      `must be /${NARROWEST_SERVICE_PREFIX} or larger, because the cluster's DNS uses its address ${DNS_ADDRESS}`,
    );
  }
  if (prefix < WIDEST_SERVICE_PREFIX) {
    add(
      "serviceCidr",
      serviceCidr,
      `must be /${WIDEST_SERVICE_PREFIX} or smaller, which is enough for a million Services`,
    );
  }
}

function checkPods({ podCidr }: Some, add: Add) {
  if (podCidr === undefined) return;
  const { prefix } = cidrRange(podCidr);
  if (prefix > NODE_PREFIX) {
    add("podCidr", podCidr, `must be /${NODE_PREFIX} or larger, because each node gets a /${NODE_PREFIX} of it`);
  }
  if (prefix < NODE_PREFIX - MOST_NODE_BITS) {
    add(
      "podCidr",
      podCidr,
      `must be /${NODE_PREFIX - MOST_NODE_BITS} or smaller, because kube-controller-manager refuses larger ranges`,
    );
  }
}

function checkAccess({ administratorCidrs }: Some, add: Add) {
  if (administratorCidrs?.length === 0) {
    add(
      "administratorCidrs",
      undefined,
      "must list the ranges that may open SSH connections to the controllers, for example [198.51.100.0/24]",
    );
  }
  for (const cidr of administratorCidrs ?? []) {
    if (cidrRange(cidr).prefix === 0)
      add("administratorCidrs", cidr, "must not open SSH to everybody; list the ranges that you work from");
  }
}

function checkZones({ zones }: Some, region: string | undefined, add: Add) {
  if (zones === undefined || region === undefined) return;
  const known = zonesOf(region);
  if (known === undefined && zones.length === 0) {
    const near = nearest(region, REGIONS);
    add(
      "gcp:region",
      region,
      `must be a region whose zones this program knows, unless hardway:zones is set${near ? `; did you mean ${near}?` : ""}`,
    );
  }
  for (const zone of zones) {
    if (!zone.startsWith(`${region}-`)) {
      add(
        "zones",
        zone,
        `must be in the region ${region} of gcp:region${known === undefined ? "" : `, whose zones are ${known.join(", ")}`}`,
      );
    } else if (known !== undefined && !known.includes(zone)) {
      add("zones", zone, `must be a zone of ${region}: ${known.join(", ")}`);
    }
  }
}

function checkLifetimes({ authorityDays, certificateDays, renewBeforeDays }: Some, add: Add) {
  if (certificateDays === undefined) return;
  if (authorityDays !== undefined && certificateDays >= authorityDays) {
    add(
      "certificateDays",
      String(certificateDays),
      `must be less than authorityDays (${authorityDays}), because a certificate cannot outlive its authority`,
    );
  }
  if (renewBeforeDays !== undefined && renewBeforeDays >= certificateDays) {
    add(
      "renewBeforeDays",
      String(renewBeforeDays),
      `must be less than certificateDays (${certificateDays}), because otherwise every pulumi up would renew all certificates`,
    );
  }
}

/** Ports of programs on nodes, besides those of the control plane. */
const NODE_PORTS = { kubelet: 10250, "kube-proxy": 10256 };

function checkNodePorts({ nodePortRange }: Some, add: Add) {
  if (nodePortRange === undefined) return;
  const [first, last] = nodePortRange.split("-").map(Number) as [number, number];
  if (first < 1024 || last > 65535 || first >= last) {
    add("nodePortRange", nodePortRange, "must be a range of ports from 1024 to 65535, the smaller one first");
    return;
  }
  const taken = Object.values({ ...ports, ...NODE_PORTS }).filter((port) => first <= port && port <= last);
  if (taken.length > 0) {
    const list = taken.sort((a, b) => a - b).join(", ");
    add("nodePortRange", nodePortRange, `must not contain ${list}, because programs of the cluster listen there`);
  }
}

/** Share of the boot disk that the audit log may fill. The rest is for etcd, its backups, releases and the system. */
const AUDIT_SHARE = 0.5;

function checkAuditLog({ auditMaxBackups, auditMaxSizeMb, diskSizeGb }: Some, add: Add) {
  if (auditMaxBackups === undefined || auditMaxSizeMb === undefined || diskSizeGb === undefined) return;
  // The log that is being written, and the rotated ones. kube-apiserver counts in MiB.
  const gib = ((auditMaxBackups + 1) * auditMaxSizeMb) / 1024;
  if (gib > diskSizeGb * AUDIT_SHARE)
    add(
      "auditMaxBackups",
      String(auditMaxBackups),
      `must be less, or auditMaxSizeMb (${auditMaxSizeMb}) less, or diskSizeGb (${diskSizeGb}) more, because the audit log ` +
        `may grow to ${Math.ceil(gib)} GiB, and at most half of the disk is for it`,
    );
}

/** Google would refuse these only after the network is made. */
function checkMachine({ machineType, diskType, image }: Some, add: Add) {
  if (machineType === undefined) return;
  const disk = diskType === undefined ? undefined : bootDiskProblem(machineType, diskType);
  if (disk !== undefined) add("diskType", diskType, disk);
  const boot = image === undefined ? undefined : imageProblem(machineType, image);
  if (boot !== undefined) add("image", image, boot);
}

/** The controllers' fixed addresses, controller-0's first. */
export function controllerAddresses(subnetCidr: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => addressAt(subnetCidr, FIRST_CONTROLLER_ADDRESS + i));
}
