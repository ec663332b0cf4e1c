/** The body of an instance: the fields that the API has, and those that the local cloud supports. */
import { z } from "zod";
import { notEmulated } from "../errors";
import { Metadata } from "../metadata";
import { address, ignored, integer, labels, resource, resourceName, tags } from "../schema";

export const AccessConfigBody = z.strictObject({
  kind: ignored,
  type: z.literal("ONE_TO_ONE_NAT").default("ONE_TO_ONE_NAT"),
  name: z.string().max(63).optional(),
  natIP: z.union([z.literal(""), address]).optional(),
  networkTier: z.enum(["PREMIUM", "STANDARD"]).default("PREMIUM"),
  setPublicPtr: z.boolean().optional(),
  publicPtrDomainName: z.string().optional(),
});

export const InterfaceBody = z.strictObject({
  kind: ignored,
  name: ignored,
  fingerprint: z.string().optional(),
  network: z.string().optional(),
  subnetwork: z.string().optional(),
  networkIP: z.union([z.literal(""), address]).optional(),
  nicType: z.enum(["VIRTIO_NET", "GVNIC"]).optional(),
  stackType: z.string().optional(),
  queueCount: ignored,
  accessConfigs: z.array(AccessConfigBody).max(1).optional(),
  ipv6AccessConfigs: z.array(z.unknown()).optional(),
  aliasIpRanges: z.array(z.unknown()).optional(),
});

const DiskBody = z.strictObject({
  kind: ignored,
  index: ignored,
  licenses: ignored,
  architecture: ignored,
  guestOsFeatures: ignored,
  diskSizeGb: integer(1, 65536).optional(),
  interface: ignored,
  forceAttach: ignored,
  type: z.string().default("PERSISTENT"),
  mode: z.enum(["READ_WRITE", "READ_ONLY"]).default("READ_WRITE"),
  boot: z.boolean().default(false),
  autoDelete: z.boolean().default(false),
  deviceName: resourceName.optional(),
  source: z.string().optional(),
  initializeParams: z
    .strictObject({
      diskName: resourceName.optional(),
      sourceImage: z.string().optional(),
      diskSizeGb: integer(1, 65536).optional(),
      diskType: z.string().optional(),
      description: z.string().optional(),
      labels: labels.optional(),
      architecture: ignored,
      resourceManagerTags: ignored,
      resourcePolicies: ignored,
    })
    .optional(),
});

export const SchedulingBody = z.looseObject({
  automaticRestart: z.boolean().optional(),
  preemptible: z.boolean().optional(),
  onHostMaintenance: z.enum(["MIGRATE", "TERMINATE", ""]).optional(),
  provisioningModel: z.enum(["STANDARD", "SPOT", ""]).optional(),
});

export const ServiceAccounts = z
  .array(z.strictObject({ email: z.string(), scopes: z.array(z.string()).default([]) }))
  .max(1);

export const ShieldedBody = z.strictObject({
  enableSecureBoot: z.boolean().optional(),
  enableVtpm: z.boolean().optional(),
  enableIntegrityMonitoring: z.boolean().optional(),
});

export const Tags = z.strictObject({ fingerprint: z.string().optional(), items: tags.default([]) });

export const InstanceBody = resource({
  name: resourceName,
  machineType: z.string(),
  canIpForward: z.boolean().default(false),
  deletionProtection: z.boolean().default(false),
  hostname: z.string().max(253).optional(),
  minCpuPlatform: z.string().optional(),
  labels: labels.default({}),
  tags: Tags.default({ items: [] }),
  metadata: Metadata.default({ items: [] }),
  disks: z.array(DiskBody).min(1),
  networkInterfaces: z.array(InterfaceBody).min(1),
  scheduling: SchedulingBody.default({}),
  serviceAccounts: ServiceAccounts.default([]),
  shieldedInstanceConfig: ShieldedBody.default({}),
  displayDevice: z.strictObject({ enableDisplay: z.boolean().default(false) }).default({ enableDisplay: false }),
  guestAccelerators: z.array(z.unknown()).default([]),
  resourcePolicies: z.array(z.unknown()).default([]),
  sourceInstanceTemplate: z.string().optional(),
  confidentialInstanceConfig: z.looseObject({ enableConfidentialCompute: z.boolean().optional() }).optional(),
  reservationAffinity: ignored,
  shieldedInstanceIntegrityPolicy: ignored,
  advancedMachineFeatures: ignored,
  networkPerformanceConfig: ignored,
  keyRevocationActionType: ignored,
  privateIpv6GoogleAccess: ignored,
});

export type Wanted = z.output<typeof InstanceBody>;
export type WantedInterface = z.output<typeof InterfaceBody>;

/** Refuses fields that ask for a machine that the local cloud cannot make. */
export function refuseUnsupported(wanted: Wanted): void {
  if (wanted.disks.length > 1) throw notEmulated("additional disks; an instance has its boot disk alone");
  if (wanted.disks[0]!.type !== "PERSISTENT") throw notEmulated(`disks of type ${wanted.disks[0]!.type}`);
  if (wanted.networkInterfaces.length > 1) throw notEmulated("more than one network interface");
  if (wanted.guestAccelerators.length > 0) throw notEmulated("guest accelerators");
  if (wanted.resourcePolicies.length > 0) throw notEmulated("resource policies");
  if (wanted.sourceInstanceTemplate) throw notEmulated("instance templates");
  if (wanted.confidentialInstanceConfig?.enableConfidentialCompute) throw notEmulated("confidential computing");
  refuseInterface(wanted.networkInterfaces[0]!);
}

export function refuseInterface(nic: WantedInterface): void {
  if (nic.stackType && nic.stackType !== "IPV4_ONLY") throw notEmulated(`IPv6 (stackType ${nic.stackType})`);
  if (nic.ipv6AccessConfigs?.length) throw notEmulated("IPv6 access configs");
  if (nic.aliasIpRanges?.length) throw notEmulated("alias IP ranges");
  if (nic.accessConfigs?.[0]?.publicPtrDomainName) throw notEmulated("public PTR records");
}
