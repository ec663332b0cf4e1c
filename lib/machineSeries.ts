/** Which disks and images the machine series of Compute Engine take. Source: Google Cloud's documentation of Hyperdisk and of machine families. */

/** Series with no other disks than Hyperdisk. */
const HYPERDISK_ONLY = ["a4", "a4x", "c4", "c4a", "c4d", "h4d", "m4", "n4", "n4a", "n4d", "x4"];
/** Series with no Hyperdisk that a machine could boot from. `custom` are custom machine types of n1. */
const NO_HYPERDISK = ["c2", "c2d", "custom", "e2", "f1", "g1", "n1", "n2d", "t2a", "t2d"];
const NO_BOOT_DISKS = ["hyperdisk-ml", "hyperdisk-throughput", "local-ssd"];
const ARM = ["a4x", "c4a", "n4a", "t2a"];
/** Projects of public images. A family for ARM machines says so in its name. */
const PUBLIC_IMAGES = /^(debian-cloud|ubuntu-os-cloud)\/(.*)$/;

/** `n2` of n2-standard-4 */
const seriesOf = (machineType: string) => machineType.split("-")[0]!;

/** Returns what must hold for the type of a machine's boot disk, or undefined when it does. */
export function bootDiskProblem(machineType: string, diskType: string): string | undefined {
  const series = seriesOf(machineType);
  const isHyperdisk = diskType.startsWith("hyperdisk-");
  if (NO_BOOT_DISKS.includes(diskType))
    return "must be a type of disk that a machine can boot from, for example pd-balanced or hyperdisk-balanced";
  if (!isHyperdisk && HYPERDISK_ONLY.includes(series))
    return `must be a Hyperdisk, for example hyperdisk-balanced, because machines of the series ${series} take no other disks`;
  if (isHyperdisk && NO_HYPERDISK.includes(series))
    return `must be a Persistent Disk, for example pd-balanced, because machines of the series ${series} cannot boot from Hyperdisk`;
  if (diskType === "hyperdisk-balanced" && series === "n2")
    return "must not be hyperdisk-balanced, because machines of the series n2 do not take it; use for example pd-ssd";
  if (diskType === "pd-standard" && ["c3", "c3d"].includes(series))
    return `must not be pd-standard, because machines of the series ${series} do not take it; use for example pd-balanced`;
  return undefined;
}

/** Returns what must hold for a machine's public image, PROJECT/FAMILY, or undefined when it does. Other images say nothing here. */
export function imageProblem(machineType: string, image: string): string | undefined {
  const family = PUBLIC_IMAGES.exec(image)?.[2];
  if (family === undefined) return undefined;
  const series = seriesOf(machineType);
  const isArm = ARM.includes(series);
  if (isArm === family.includes("arm64")) return undefined;
  return isArm
    ? `must be an image for arm64, for example debian-cloud/debian-12-arm64, because machines of the series ${series} are ARM`
    : `must be an image for amd64, for example debian-cloud/debian-12, because machines of the series ${series} are not ARM`;
}
