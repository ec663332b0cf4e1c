/** What a machine is made of. A change stops the machine, or makes it again. */
export interface Hardware {
  machineType: string;
  image: string;
  diskType: string;
  diskSizeGb: number;
  secureBoot: boolean;
}

/** For people, and for the next update, which compares it. Stacks have it in their outputs, so what is usual is not named. */
export const hardwareText = ({ machineType, image, diskType, diskSizeGb, secureBoot }: Hardware): string =>
  [machineType, image, `${diskType} of ${diskSizeGb} GiB`, ...(secureBoot ? [] : ["without Secure Boot"])].join(", ");

/** Whether a machine that was made with the hardware `before` keeps its boot disk. Undefined is a machine that does not exist. */
export function keepsBootDisk(before: string | undefined, { image, diskType }: Hardware): boolean {
  const [, oldImage, oldDisk] = before?.split(", ") ?? [];
  return oldImage === image && oldDisk?.split(" ")[0] === diskType;
}
