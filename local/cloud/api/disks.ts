/** Boot disks. A disk has the number of its machine, so that it can outlive the instance. */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Image, IMAGE_PROJECT, imageByFamily, imageByName } from "../catalog/images";
import { CloudState, Disk, Labels, Path } from "../state/model";
import { isDiskType } from "./catalogRoutes";
import { Cloud } from "../engine/cloud";
import { danglingReference, invalid, notEmulated, required } from "./errors";
import { Kind, registerKind, registerMethod } from "./kind";
import { renderLabels, setLabels } from "./labels";
import { link, reference } from "./links";
import { nameOf, parsePath, Place } from "../state/path";
import { check, ignored, integer, labels, resource, resourceName } from "./schema";

export const GUEST_OS_FEATURES = ["UEFI_COMPATIBLE", "VIRTIO_SCSI_MULTIQUEUE", "GVNIC"].map((type) => ({ type }));

const Body = resource({
  name: resourceName,
  sourceImage: z.string().optional(),
  sizeGb: integer(1, 65536).optional(),
  type: z.string().optional(),
  labels: labels.optional(),
  architecture: ignored,
  guestOsFeatures: ignored,
  licenses: ignored,
  physicalBlockSizeBytes: ignored,
  users: ignored,
  resourcePolicies: ignored,
});

/** Finds an image by name, by family, or by the URL of either. Only Debian's public images exist. */
export function imageOf(field: string, text: string, place: Place): Image {
  const path = reference(field, text, { project: place.project, scope: "global" }, "images");
  const name = nameOf(path);
  const image = path.includes("/images/family/") || /\/family\//.test(text) ? imageByFamily(name) : imageByName(name);
  if (!image || parsePath(path)!.project !== IMAGE_PROJECT) throw danglingReference(field, text, "image");
  return image;
}

/** A disk type's name, given its name or its URL. */
export function diskTypeOf(field: string, text: string | undefined): string {
  const name = nameOf(text ?? "pd-standard");
  if (!isDiskType(name)) throw danglingReference(field, text ?? "", "diskType");
  return name;
}

/** The smallest number, from 1, that no disk has for its machine. */
function freeMachineId(state: CloudState): number {
  const taken = new Set(Object.values(state.disks).map((disk) => disk.machineId));
  let id = 1;
  while (taken.has(id)) id += 1;
  return id;
}

export interface DiskWish {
  name: string;
  image: Image;
  sizeGb?: number;
  sizeField: string;
  type: string;
  labels?: Labels;
  description?: string;
}

export function newDisk(draft: CloudState, wish: DiskWish): Omit<Disk, "id" | "creationTimestamp"> {
  const { name, image, type, description } = wish;
  const sizeGb = wish.sizeGb ?? image.diskSizeGb;
  if (sizeGb < image.diskSizeGb) {
    throw invalid(wish.sizeField, sizeGb, `Must not be smaller than the image, which has ${image.diskSizeGb} GB.`);
  }
  return {
    name,
    description,
    sizeGb,
    type,
    sourceImage: `projects/${IMAGE_PROJECT}/global/images/${image.name}`,
    labels: wish.labels ?? {},
    machineId: freeMachineId(draft),
  };
}

export function instanceOfDisk(state: CloudState, disk: Path): Path | undefined {
  return Object.keys(state.instances).find((path) => state.instances[path]!.boot.disk === disk);
}

export const disks: Kind<"disks"> = {
  collection: "disks",
  kind: "compute#disk",
  label: "disk",
  scope: "zones",

  create(draft, place, body) {
    const wanted = check(Body, body);
    if (!wanted.sourceImage) throw notEmulated("disks without a source image; only boot disks exist");
    return newDisk(draft, {
      ...wanted,
      image: imageOf("resource.sourceImage", wanted.sourceImage, place),
      type: diskTypeOf("resource.type", wanted.type),
      sizeField: "resource.sizeGb",
    });
  },

  render(state, path, disk: Disk) {
    const { project, location } = parsePath(path)!;
    const image = imageByName(nameOf(disk.sourceImage));
    const user = instanceOfDisk(state, path);
    return {
      sizeGb: String(disk.sizeGb),
      type: link(`projects/${project}/zones/${location}/diskTypes/${disk.type}`),
      status: "READY",
      sourceImage: link(disk.sourceImage),
      sourceImageId: image?.id,
      architecture: image?.architecture,
      physicalBlockSizeBytes: "4096",
      guestOsFeatures: GUEST_OS_FEATURES,
      ...(user && { users: [link(user)] }),
      ...renderLabels(disk.labels),
    };
  },

  user: instanceOfDisk,
};

const Resize = z.strictObject({ sizeGb: integer(1, 65536).optional() });

export function diskRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, disks);
  registerMethod(app, cloud, disks, "POST", "setLabels", (_draft, _path, disk, request) =>
    setLabels(disk, request.body),
  );
  registerMethod(app, cloud, disks, "POST", "resize", (_draft, _path, disk, request) => {
    const { sizeGb } = check(Resize, request.body, "request");
    if (sizeGb === undefined) throw required("request.sizeGb");
    if (sizeGb < disk.sizeGb) throw invalid("request.sizeGb", sizeGb, `Must not be smaller than now: ${disk.sizeGb}.`);
    disk.sizeGb = sizeGb;
  });
}
