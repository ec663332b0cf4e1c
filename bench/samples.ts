/** Figures by name (`names` in rows.ts), one for each run. */
export type Samples = Record<string, number[]>;

export function add(samples: Samples, name: string, figure: number): void {
  (samples[name] ??= []).push(figure);
}

/** The middle figure, or the mean of the two in the middle. Throws when there are no figures. */
export function median(figures: readonly number[]): number {
  if (figures.length === 0) throw new Error("there must be at least one figure");
  const sorted = [...figures].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The 99th percentile, by nearest rank: the greatest of fewer than 100 figures. Throws when there are none. */
export function p99(figures: readonly number[]): number {
  if (figures.length === 0) throw new Error("there must be at least one figure");
  return [...figures].sort((a, b) => a - b)[Math.ceil(figures.length * 0.99) - 1]!;
}

/** The least and the greatest figure. */
export function spread(figures: readonly number[]): [number, number] {
  return [Math.min(...figures), Math.max(...figures)];
}

/** How many seconds `work` takes, and what it resolves with. */
export async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; value: T }> {
  const started = performance.now();
  const value = await work();
  return { seconds: (performance.now() - started) / 1000, value };
}
