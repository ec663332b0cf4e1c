/** The API's answer for an instance. */
import os from "node:os";
import { imageByName } from "../../catalog/images";
import { Architecture } from "../../catalog/machineTypes";
import { fingerprint } from "../../state/fingerprint";
import { CloudState, Instance, Path } from "../../state/model";
import { GUEST_OS_FEATURES } from "../disks";
import { renderLabels } from "../labels";
import { link } from "../links";
import { nameOf, parsePath } from "../../state/path";
import { renderMetadata } from "../metadata";

/** The host's architecture, which all machines have. */
export const HOST: Architecture = os.arch() === "arm64" ? "ARM64" : "X86_64";

export function renderInstance(state: CloudState, path: Path, instance: Instance): object {
  const { project, location } = parsePath(path)!;
  return {
    machineType: link(`projects/${project}/zones/${location}/machineTypes/${instance.machineType}`),
    status: instance.status,
    canIpForward: instance.canIpForward,
    tags: { fingerprint: fingerprint(instance.tags), ...(instance.tags.length > 0 && { items: instance.tags }) },
    metadata: renderMetadata(instance.metadata),
    ...renderLabels(instance.labels),
    networkInterfaces: [renderInterface(instance)],
    disks: [renderBootDisk(state, instance)],
    scheduling: instance.scheduling,
    ...(instance.serviceAccounts.length > 0 && { serviceAccounts: instance.serviceAccounts }),
    shieldedInstanceConfig: instance.shieldedInstanceConfig,
    shieldedInstanceIntegrityPolicy: { updateAutoLearnPolicy: true },
    cpuPlatform: HOST === "ARM64" ? "Ampere Altra" : "Intel Broadwell",
    ...(instance.minCpuPlatform && { minCpuPlatform: instance.minCpuPlatform }),
    ...(instance.hostname && { hostname: instance.hostname }),
    ...(instance.displayDevice && { displayDevice: { enableDisplay: true } }),
    ...(instance.lastStartTimestamp && { lastStartTimestamp: instance.lastStartTimestamp }),
    ...(instance.lastStopTimestamp && { lastStopTimestamp: instance.lastStopTimestamp }),
    deletionProtection: instance.deletionProtection,
    startRestricted: false,
    fingerprint: fingerprint([instance.status, instance.description, instance.machineType, instance.tags]),
  };
}

export function interfaceFingerprint({ nic }: Instance): string {
  return fingerprint([nic.network, nic.subnetwork, nic.networkIP, nic.accessConfig]);
}

function renderInterface(instance: Instance): object {
  const { nic } = instance;
  const { accessConfig } = nic;
  return {
    kind: "compute#networkInterface",
    name: "nic0",
    network: link(nic.network),
    subnetwork: link(nic.subnetwork),
    networkIP: nic.networkIP,
    stackType: "IPV4_ONLY",
    ...(nic.nicType && { nicType: nic.nicType }),
    fingerprint: interfaceFingerprint(instance),
    ...(accessConfig && {
      accessConfigs: [
        {
          kind: "compute#accessConfig",
          type: "ONE_TO_ONE_NAT",
          name: accessConfig.name,
          ...(accessConfig.natIP && { natIP: accessConfig.natIP }),
          networkTier: accessConfig.networkTier,
        },
      ],
    }),
  };
}

function renderBootDisk(state: CloudState, { boot }: Instance): object {
  const disk = state.disks[boot.disk];
  return {
    kind: "compute#attachedDisk",
    type: "PERSISTENT",
    mode: "READ_WRITE",
    source: link(boot.disk),
    deviceName: boot.deviceName,
    index: 0,
    boot: true,
    autoDelete: boot.autoDelete,
    interface: "SCSI",
    guestOsFeatures: GUEST_OS_FEATURES,
    diskSizeGb: String(disk?.sizeGb ?? 0),
    architecture: imageByName(nameOf(disk?.sourceImage ?? ""))?.architecture,
  };
}
