import { Target } from "./target";

/** Prints one line for people. */
export type Log = (line: string) => void;

/** A target's name and version for people. */
export function title(target: Target): string {
  return target.groups.includes("plugins")
    ? `${target.name.replace("-plugin", "")} plugin ${target.version}`
    : `${target.name} ${target.version}`;
}

/** Formats seconds for people: "20 s", "3 min", "1 min 30 s". */
export function duration(seconds: number): string {
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  const rest = rounded % 60;
  return `${Math.floor(rounded / 60)} min${rest ? ` ${rest} s` : ""}`;
}

/** Formats an estimate in seconds, no more precisely than it deserves: "20 s", "3 min". */
export function roughly(seconds: number): string {
  return seconds < 55 ? duration(Math.ceil(seconds / 5) * 5) : duration(Math.round(seconds / 60) * 60);
}

/** Seconds that a first build of these targets takes on two cores: an estimate. */
export function estimate(targets: Target[]): number {
  return targets.reduce((sum, target) => sum + target.seconds, 0);
}

/**
 * Runs `work`. Logs when it starts, every `every` milliseconds that it is still running, and how long it took. `beside` is
 * the number of builds that share the machine, including this one.
 */
export async function narrate<T>(
  target: Target,
  log: Log,
  work: () => Promise<T>,
  { beside = 1, every = 30_000 } = {},
): Promise<T> {
  const start = Date.now();
  const elapsed = () => duration((Date.now() - start) / 1000);
  log(`building ${title(target)} (about ${roughly(target.seconds * beside)} the first time)`);
  const heartbeat = setInterval(() => log(`  still building ${title(target)}: ${elapsed()} so far`), every);
  try {
    const result = await work();
    log(`built ${title(target)} in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}
