/** The public images that the API offers, with the names that they have in Google's project `debian-cloud`. */
import { Architecture } from "./machineTypes";

export const IMAGE_PROJECT = "debian-cloud";

export interface Image {
  name: string;
  family: string;
  description: string;
  architecture: Architecture;
  /** The fabric's name for the image, the same for all architectures: machines have the host's architecture. */
  root: string;
  diskSizeGb: number;
  creationTimestamp: string;
  id: string;
}

const BUILD = "20260610";

function debian(root: string, codename: string, serial: number): Image[] {
  return (["X86_64", "ARM64"] as const).map((architecture, index) => {
    const suffix = architecture === "ARM64" ? "-arm64" : "";
    return {
      name: `${root}-${codename}${suffix}-v${BUILD}`,
      family: `${root}${suffix}`,
      description: `Debian, Debian GNU/Linux, ${root.split("-")[1]} (${codename}), ${architecture === "ARM64" ? "arm64" : "amd64"}`,
      architecture,
      root,
      diskSizeGb: 10,
      creationTimestamp: "2026-06-10T00:00:00.000-07:00",
      id: `${4_700_000_000_000_000_000n + BigInt(serial * 2 + index)}`,
    };
  });
}

export const IMAGES: Image[] = [...debian("debian-12", "bookworm", 12), ...debian("debian-13", "trixie", 13)];

export function imageByName(name: string): Image | undefined {
  return IMAGES.find((image) => image.name === name);
}

export function imageByFamily(family: string): Image | undefined {
  return IMAGES.find((image) => image.family === family);
}
