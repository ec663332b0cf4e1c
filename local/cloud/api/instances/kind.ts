import { bootDiskProblem } from "../../../../lib/machineSeries";
import { imageByName } from "../../catalog/images";
import { machineType } from "../../catalog/machineTypes";
import { CloudState, Disk, Path } from "../../state/model";
import { diskTypeOf, imageOf, instanceOfDisk, newDisk } from "../disks";
import { alreadyExists, ApiError, danglingReference, inUse, invalid, notReady, required } from "../errors";
import { OperationFailure } from "../../state/failure";
import { add, Kind } from "../kind";
import { nameOf, parsePath, pathOf, Place } from "../../state/path";
import { reference } from "../links";
import { checkItems } from "../metadata";
import { checkInstancePolicies } from "../restrictions/policies";
import { checkRoom } from "../restrictions/zones";
import { check } from "../schema";
import { InstanceBody, refuseUnsupported, SchedulingBody, Wanted } from "./body";
import { newInterface } from "./network";
import { HOST, renderInstance } from "./render";
import type { z } from "zod";

export function machineTypeOf(field: string, text: string, place: Place): string {
  const path = reference(field, text, place, "machineTypes");
  if (!machineType(nameOf(path))) throw danglingReference(field, text, "machineType");
  sameZone(field, text, path, place);
  return nameOf(path);
}

function sameZone(field: string, text: string, path: Path, place: Place): void {
  if (parsePath(path)!.location === place.location) return;
  throw invalid(field, text, `Must be in the instance's zone '${place.location}'.`);
}

export function scheduling(wanted: z.output<typeof SchedulingBody>): Record<string, unknown> {
  const given = Object.entries(wanted).filter(([, value]) => value !== "" && !isEmpty(value));
  const preemptible = wanted.preemptible ?? wanted.provisioningModel === "SPOT";
  return {
    onHostMaintenance: preemptible ? "TERMINATE" : "MIGRATE",
    automaticRestart: !preemptible,
    preemptible,
    provisioningModel: preemptible ? "SPOT" : "STANDARD",
    ...Object.fromEntries(given),
  };
}

const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;

/** The boot disk: a new disk from an image, or an existing disk that no instance uses. */
function bootDisk(draft: CloudState, place: Place, wanted: Wanted): Path {
  const disk = wanted.disks[0]!;
  const field = "resource.disks[0]";
  if (!disk.boot) throw invalid(`${field}.boot`, false, "The first disk must be the boot disk.");
  if (disk.source) {
    const path = reference(`${field}.source`, disk.source, place, "disks");
    if (!draft.disks[path]) throw danglingReference(`${field}.source`, disk.source, "disk");
    sameZone(`${field}.source`, disk.source, path, place);
    const user = instanceOfDisk(draft, path);
    if (user) throw inUse("disk", path, user);
    return path;
  }
  const params = disk.initializeParams;
  if (!params?.sourceImage) throw required(`${field}.initializeParams.sourceImage`);
  const made = newDisk(draft, {
    name: params.diskName ?? wanted.name,
    description: params.description,
    image: imageOf(`${field}.initializeParams.sourceImage`, params.sourceImage, place),
    type: diskTypeOf(`${field}.initializeParams.diskType`, params.diskType),
    sizeGb: params.diskSizeGb ?? disk.diskSizeGb,
    sizeField: `${field}.initializeParams.diskSizeGb`,
    labels: params.labels,
  });
  const path = pathOf(place, "disks", made.name);
  if (draft.disks[path]) throw alreadyExists(path);
  add(draft, "disks", place, made);
  return path;
}

/** Machine type and image must have the same architecture, and that must be the host's, which runs the machines. */
function checkArchitecture(machine: string, disk: Disk): void {
  const image = imageByName(nameOf(disk.sourceImage))!;
  const { architecture } = machineType(machine)!;
  if (image.architecture !== architecture) {
    const must = `Its architecture ${image.architecture} does not match ${architecture} of machine type ${machine}.`;
    throw invalid("resource.disks[0].initializeParams.sourceImage", image.name, must);
  }
  if (architecture === HOST) return;
  throw new OperationFailure(
    "UNSUPPORTED_OPERATION",
    `Machine type ${machine} is ${architecture}, and the local cloud runs machines of this host's architecture, ${HOST}.`,
  );
}

function checkDiskType(machine: string, { type }: Disk): void {
  if (bootDiskProblem(machine, type) === undefined) return;
  const message = `${type} disk type cannot be used by ${machine} machine type.`;
  throw new ApiError(400, "invalid", message);
}

export const instances: Kind<"instances"> = {
  collection: "instances",
  kind: "compute#instance",
  label: "instance",
  scope: "zones",

  create(draft, place, body) {
    const wanted = check(InstanceBody, body);
    refuseUnsupported(wanted);
    checkItems(wanted.metadata.items, "resource.metadata.items");
    const machine = machineTypeOf("resource.machineType", wanted.machineType, place);
    const nic = newInterface(draft, place, wanted.networkInterfaces[0]!);
    const disk = bootDisk(draft, place, wanted);
    checkArchitecture(machine, draft.disks[disk]!);
    checkDiskType(machine, draft.disks[disk]!);
    checkRoom(draft, place.project, place.location!);
    const { autoDelete, deviceName } = wanted.disks[0]!;
    checkInstancePolicies(draft, place, {
      name: wanted.name,
      hasExternalAddress: nic.accessConfig !== undefined,
      canIpForward: wanted.canIpForward,
      metadata: wanted.metadata.items,
      imageProject: parsePath(draft.disks[disk]!.sourceImage)!.project,
    });
    return {
      name: wanted.name,
      description: wanted.description,
      machineType: machine,
      status: "PROVISIONING",
      canIpForward: wanted.canIpForward,
      tags: wanted.tags.items,
      metadata: wanted.metadata.items,
      labels: wanted.labels,
      nic,
      boot: { disk, deviceName: deviceName ?? "persistent-disk-0", autoDelete },
      scheduling: scheduling(wanted.scheduling),
      serviceAccounts: wanted.serviceAccounts,
      shieldedInstanceConfig: {
        enableSecureBoot: false,
        enableVtpm: true,
        enableIntegrityMonitoring: true,
        ...wanted.shieldedInstanceConfig,
      },
      deletionProtection: wanted.deletionProtection,
      displayDevice: wanted.displayDevice.enableDisplay,
      hostname: wanted.hostname,
      minCpuPlatform: wanted.minCpuPlatform,
      guestAttributes: {},
    };
  },

  render: renderInstance,

  beginDelete(_draft, path, instance) {
    if (instance.deletionProtection) {
      const message = `Invalid resource usage: '${path}' is protected against deletion. Use setDeletionProtection first.`;
      throw new ApiError(400, "resourceInUseByAnotherResource", message);
    }
    if (instance.status === "STOPPING") throw notReady(path, "it is being stopped or deleted");
    instance.status = "STOPPING";
  },
};
