import * as os from "node:os";
import { ensurePackages } from "../hostPackages";
import { build } from "./build";
import { targetKey } from "./key";
import { ToolPaths } from "./paths";
import { estimate, Log, narrate, roughly, title } from "./progress";
import { Target } from "./target";

/** Builds the targets, two at a time. What was finished stays when another one fails. Installs packages that C code needs. */
export async function buildAll(targets: Target[], paths: ToolPaths, log: Log, signal?: AbortSignal): Promise<void> {
  if (targets.length === 0) return;
  log(`tools: building ${targets.map(title).join(", ")}: about ${roughly(estimate(targets))} the first time`);
  for (const { name, cgo } of targets) await ensurePackages(cgo?.packages ?? [], `building ${name}`, log);
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
