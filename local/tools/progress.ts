import { Target } from "./target";

/** Takes one line for people to read. */
export type Log = (line: string) => void;

/** What a person should call a target. */
export function title(target: Target): string {
  return target.groups.includes("plugins")
    ? `${target.name.replace("-plugin", "")} plugin ${target.version}`
    : `${target.name} ${target.version}`;
}

/** Seconds as people say them: "20 s", "3 min", "1 min 30 s". */
export function duration(seconds: number): string {
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  const rest = rounded % 60;
  return `${Math.floor(rounded / 60)} min${rest ? ` ${rest} s` : ""}`;
}

/** An estimate, no finer than it is good: "20 s", "3 min". */
export function roughly(seconds: number): string {
  return seconds < 55 ? duration(Math.ceil(seconds / 5) * 5) : duration(Math.round(seconds / 60) * 60);
}

/** Seconds that a first build of these targets takes on two cores. */
export function estimate(targets: Target[]): number {
  return targets.reduce((sum, target) => sum + target.seconds, 0);
}

/**
 * Runs `work` and says when it starts, that it goes on (every `every` milliseconds) and how long it took. `beside` is the
 * number of builds that share the machine, this one included.
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
