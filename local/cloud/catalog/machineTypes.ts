/** The machine types of Compute Engine that fit a laptop or a server: name, processors, memory, architecture. */

export type Architecture = "X86_64" | "ARM64";

export interface MachineType {
  name: string;
  description: string;
  guestCpus: number;
  memoryMb: number;
  isSharedCpu: boolean;
  architecture: Architecture;
}

interface Family {
  series: string;
  /** Memory per processor in MiB, by class. */
  classes: Record<string, number>;
  cpus: number[];
  architecture?: Architecture;
}

const FAMILIES: Family[] = [
  { series: "e2", classes: { standard: 4096, highmem: 8192, highcpu: 1024 }, cpus: [2, 4, 8, 16, 32] },
  { series: "n1", classes: { standard: 3840, highmem: 6656, highcpu: 920 }, cpus: [1, 2, 4, 8, 16, 32, 64, 96] },
  {
    series: "n2",
    classes: { standard: 4096, highmem: 8192, highcpu: 1024 },
    cpus: [2, 4, 8, 16, 32, 48, 64, 80, 96, 128],
  },
  {
    series: "n2d",
    classes: { standard: 4096, highmem: 8192, highcpu: 1024 },
    cpus: [2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224],
  },
  { series: "c2", classes: { standard: 4096 }, cpus: [4, 8, 16, 30, 60] },
  { series: "c2d", classes: { standard: 4096, highmem: 8192, highcpu: 2048 }, cpus: [2, 4, 8, 16, 32, 56, 112] },
  { series: "c3", classes: { standard: 4096, highmem: 8192, highcpu: 2048 }, cpus: [4, 8, 22, 44, 88, 176] },
  { series: "t2d", classes: { standard: 4096 }, cpus: [1, 2, 4, 8, 16, 32, 48, 60] },
  { series: "t2a", classes: { standard: 4096 }, cpus: [1, 2, 4, 8, 16, 32, 48], architecture: "ARM64" },
  {
    series: "c4a",
    classes: { standard: 4096, highmem: 8192, highcpu: 2048 },
    cpus: [1, 2, 4, 8, 16, 32, 48, 64, 72],
    architecture: "ARM64",
  },
];

const SHARED: [name: string, cpus: number, memoryMb: number][] = [
  ["e2-micro", 2, 1024],
  ["e2-small", 2, 2048],
  ["e2-medium", 2, 4096],
  ["f1-micro", 1, 614],
  ["g1-small", 1, 1740],
];

function describe(cpus: number, memoryMb: number): string {
  return `${cpus} vCPU${cpus === 1 ? "" : "s"}, ${Number((memoryMb / 1024).toFixed(2))} GB RAM`;
}

function expand(family: Family): MachineType[] {
  return Object.entries(family.classes).flatMap(([type, perCpu]) =>
    // The other classes of Google's n1 series start at two processors.
    family.cpus
      .filter((cpus) => cpus > 1 || type === "standard")
      .map((cpus) => ({
        name: `${family.series}-${type}-${cpus}`,
        description: describe(cpus, cpus * perCpu),
        guestCpus: cpus,
        memoryMb: cpus * perCpu,
        isSharedCpu: false,
        architecture: family.architecture ?? "X86_64",
      })),
  );
}

const ALL: MachineType[] = [
  ...SHARED.map(([name, guestCpus, memoryMb]): MachineType => ({
    name,
    description: describe(guestCpus, memoryMb),
    guestCpus,
    memoryMb,
    isSharedCpu: true,
    architecture: "X86_64",
  })),
  ...FAMILIES.flatMap(expand),
].sort((a, b) => (a.name < b.name ? -1 : 1));

const BY_NAME = new Map(ALL.map((type) => [type.name, type]));

export function machineTypes(): MachineType[] {
  return ALL;
}

export function machineType(name: string): MachineType | undefined {
  return BY_NAME.get(name);
}
