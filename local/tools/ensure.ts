import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { build, SCRATCH } from "./build";
import { targetKey } from "./key";
import { acquireLock } from "../../lib/lock";
import { assertOfficial, builtHere } from "./mode";
import { toolPaths, ToolPaths } from "./paths";
import { buildProblems } from "./preflight";
import { duration, estimate, Log, narrate, roughly, title } from "./progress";
import { selectTargets } from "./select";
import { isBuilt } from "./stamp";
import { Target } from "./target";
import { allTargets } from "./targets";

/** Options of {@link ensureTools}. */
export interface EnsureOptions {
  /** Targets or groups, as {@link selectTargets} takes them. None means everything, in the default versions. */
  names?: string[];
  log?: Log;
  /** Stops the builds. What was built stays. */
  signal?: AbortSignal;
}

/** Builds what is missing or out of date. Rejects with a message that can be shown to people as it is. */
export async function ensureTools({ names = [], log = console.error, signal }: EnsureOptions = {}): Promise<void> {
  const start = Date.now();
  const paths = toolPaths();
  const targets = selectTargets(allTargets(paths), names).filter(builtHere);
  await assertOfficial();
  if (stale(targets, paths).length === 0) {
    log(`tools: ${targets.length} of ${targets.length} ready in ${paths.cache}`);
    return;
  }
  const problems = await buildProblems(stale(targets, paths), paths);
  if (problems.length > 0) throw new Error(problems.join("\ntools: "));
  const release = await acquireLock(
    path.join(paths.cache, "lock"),
    (holder) => log(`tools: waiting for process ${holder}, which is building too`),
    signal,
  );
  try {
    await buildAll(stale(targets, paths), paths, log, signal);
  } finally {
    // The compilers of an interrupted build may go on writing for a moment.
    fs.rmSync(path.join(paths.cache, SCRATCH), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    release();
  }
  log(
    `tools: ${targets.length} of ${targets.length} ready in ${paths.cache} after ${duration((Date.now() - start) / 1000)}`,
  );
}

/** Every reason why `names` (as in {@link EnsureOptions}) cannot be built on this machine. Changes nothing. */
export async function toolProblems(names: string[] = []): Promise<string[]> {
  const paths = toolPaths();
  try {
    return await buildProblems(stale(selectTargets(allTargets(paths), names).filter(builtHere), paths), paths);
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

function stale(targets: Target[], paths: ToolPaths): Target[] {
  return targets.filter((target) => !isBuilt(paths.cache, target.id, targetKey(target, paths.arch)));
}

async function buildAll(targets: Target[], paths: ToolPaths, log: Log, signal?: AbortSignal): Promise<void> {
  if (targets.length === 0) return; // another process built them while this one waited
  log(`tools: building ${targets.map(title).join(", ")}: about ${roughly(estimate(targets))} the first time`);
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const work = lanes(targets);
  const results = await Promise.allSettled(
    work.map(async (lane) => {
      for (const target of lane) {
        stop.throwIfAborted();
        try {
          const key = targetKey(target, paths.arch);
          await narrate(target, log, () => build(target, key, paths, stop), { beside: work.length });
        } catch (error) {
          const first = !stop.aborted;
          failed.abort();
          const message = `building ${title(target)} failed:\n${(error as Error).message}`;
          throw first ? new Error(message, { cause: error }) : error;
        }
      }
    }),
  );
  signal?.throwIfAborted();
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
  const cause = errors.find((error) => error.name !== "AbortError") ?? errors[0];
  if (cause) throw cause;
}

/**
 * Linking, and compiling the largest packages, keep one core busy only. So two lanes run in parallel, unless the machine
 * has too little memory: each lane needs about 3 GB.
 */
function lanes(targets: Target[]): Target[][] {
  if (os.totalmem() < 6 * 2 ** 30) return [targets];
  const halves = [0, 1].map((lane) => targets.filter((target) => target.lane === lane));
  return halves.filter((lane) => lane.length > 0);
}
