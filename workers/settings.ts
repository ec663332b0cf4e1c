import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { cidrRange, overlap } from "../lib/ipv4";
import { zonesOf } from "../lib/regions";
import type { StackOutputs } from "../outputs";
import { checkEach, Problem, rawSettings, SettingsError } from "../settings/problems";
import { flag, list, mirror, networkTier, range, sshUser, text, whole } from "../settings/rules";
import { Group, groups } from "./groups";
import { slotCount } from "./slots";

const version = text(/^\d+\.\d+\.\d+$/, "must be a version written as MAJOR.MINOR.PATCH, without a v");

const image = text(
  /^[\w.-]+(:\d+)?\/[\w./-]+(:[\w.-]+|@sha256:[0-9a-f]{64})$/,
  "must be an image written as REGISTRY/NAME:TAG",
);

const optionalImage = z.union([z.literal(""), image], {
  error: "must be empty, or an image written as REGISTRY/NAME:TAG",
});

/** The rule for each setting. Descriptions and defaults are in Pulumi.yaml. */
export const schema = z.object({
  controlPlane: text(
    /^[^/\s]+\/[^/\s]+\/[^/\s]+$/,
    "must be a stack's full name, ORGANIZATION/PROJECT/STACK, for example organization/hardway/dev (`pulumi stack ls --all` lists them)",
  ),
  groups,
  secureBoot: flag,
  sshUser,
  administratorCidrs: list(range),
  subnetCidr: range,
  nodePortCidrs: list(range),
  networkTier,
  certificateDays: whole(1, 36500, "days"),
  renewBeforeDays: whole(0, 36500, "days"),
  drainSeconds: whole(0, 86400, "seconds"),
  kubernetesMirror: mirror,
  containerdVersion: version,
  containerdMirror: mirror,
  runcVersion: version,
  runcMirror: mirror,
  cniVersion: version,
  cniMirror: mirror,
  criToolsVersion: version,
  criToolsMirror: mirror,
  maxPods: whole(1, 250, "Pods; each worker has 254 addresses for them"),
  imageMirror: z.union([z.literal(""), mirror], { error: "must be empty, or an http or https URL without a query" }),
  dnsImage: optionalImage,
  metricsImage: optionalImage,
  pauseImage: image,
});

/** Checked settings. Every group has its zones. */
export interface Settings extends z.infer<typeof schema> {
  region: string;
}

/**
 * Checks `raw`, settings as text by name, for the region gcp:region. Throws a SettingsError that lists every problem of the settings
 * alone.
 */
export function parseSettings(raw: Record<string, string>, stack: string, region: string | undefined): Settings {
  const problems: Problem[] = [];
  const s = checkEach(raw, schema, "workers", problems);
  if (!region) problems.push({ key: "gcp:region", message: "must be set, to that of the control plane" });
  if (s.administratorCidrs?.length === 0)
    problems.push({
      key: "administratorCidrs",
      message: "must list the ranges that may open SSH connections to the workers, for example [198.51.100.0/24]",
    });
  for (const cidr of s.administratorCidrs ?? [])
    if (cidrRange(cidr).prefix === 0)
      problems.push({
        key: "administratorCidrs",
        value: cidr,
        message: "must not open SSH to everybody; list the ranges that you work from",
      });
  if (s.certificateDays !== undefined && s.renewBeforeDays !== undefined && s.renewBeforeDays >= s.certificateDays)
    problems.push({
      key: "renewBeforeDays",
      value: String(s.renewBeforeDays),
      message: `must be less than certificateDays (${s.certificateDays}), because otherwise every pulumi up would renew the certificate`,
    });
  if (region) problems.push(...checkZones(s.groups ?? {}, region));
  if (problems.length > 0 || !region) throw new SettingsError(stack, problems, "workers");
  const zoned = Object.entries((s as Settings).groups).map(
    ([name, group]) =>
      [name, { ...group, zones: group.zones.length > 0 ? group.zones : zonesOf(region)! }] satisfies [string, Group],
  );
  return { ...(s as Settings), region, groups: Object.fromEntries(zoned) };
}

function checkZones(all: Record<string, Group>, region: string): Problem[] {
  const known = zonesOf(region);
  return Object.entries(all).flatMap(([name, { zones }]) => {
    if (zones.length === 0 && known === undefined)
      return [
        { key: "groups", value: name, message: `must give the group zones, because ${region} is not known here` },
      ];
    return zones
      .filter((zone) => !zone.startsWith(`${region}-`) || known?.includes(zone) === false)
      .map((zone) => ({ key: "groups", value: zone, message: `must have zones of ${region}: ${known?.join(", ")}` }));
  });
}

/** What the rules below read of a control plane. */
export type ControlPlaneRanges = Pick<StackOutputs, "subnetCidr" | "podCidr" | "serviceCidr">;

/** Throws a SettingsError when the settings do not fit the control plane that they name. */
export function checkAgainstControlPlane(s: Settings, controlPlane: ControlPlaneRanges, stack: string): void {
  const problems: Problem[] = [];
  for (const key of ["subnetCidr", "podCidr", "serviceCidr"] as const)
    if (overlap(cidrRange(s.subnetCidr), cidrRange(controlPlane[key])))
      problems.push({
        key: "subnetCidr",
        value: s.subnetCidr,
        message: `must not overlap ${key} ${controlPlane[key]} of ${s.controlPlane}`,
      });
  const workers = Object.values(s.groups).reduce((sum, { count }) => sum + count, 0);
  const places = slotCount({ subnetCidr: s.subnetCidr, podCidr: controlPlane.podCidr });
  if (workers > places)
    problems.push({
      key: "groups",
      value: String(workers),
      message: `must have ${places} workers at most, because subnetCidr ${s.subnetCidr} and podCidr ${controlPlane.podCidr} of the control plane have no place for more`,
    });
  if (problems.length > 0) throw new SettingsError(stack, problems, "workers");
}

/** Reads and checks the settings of the stack that the engine is running. */
export const readSettings = (): Settings =>
  parseSettings(rawSettings(), pulumi.getStack(), new pulumi.Config("gcp").get("region"));
