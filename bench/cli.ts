import { cpus, loadavg } from "os";
import { TaskError } from "../tasks/error";
import { ensureAllTools, ensureImage, ToolFailed } from "../tasks/tools";
import { inEmptyCloud, refuseIfInUse } from "./cloud";
import { measureFailover } from "./failover";
import { measureFloor } from "./floor";
import { Interrupted } from "./interrupt";
import { Options, parseOptions, Part } from "./options";
import { saveResults } from "./results";
import { names, SIZES, USUAL } from "./rows";
import { Samples } from "./samples";
import { render } from "./table";
import { measureLife, measureUp } from "./up";
import { measureWalkthrough } from "./walkthrough";
import { measureMake } from "./whole";

const USAGE = `usage: make bench [ONLY=PART,PART] [RUNS=N]

  floor        the least that is possible: the same programs on three machines, started side by side by a short script
  walkthrough  the document's walkthrough as a serial script
  up           pulumi up of an empty stack, up again, preview, destroy
  sizes        pulumi up with ${SIZES.join(", ")} controllers, and their memory
  make         make up and make down
  failover     only if ONLY names it: how long the API is away when a controller's machine dies. Kills RUNS machines
               (default 20), one after the other, which takes about 15 minutes

A run takes about 4 minutes without failover. It needs root and no local cloud running. Prints medians of N runs (default 1), their spread,
and ratios. Keeps the results of a whole table; then npx tsx bench/draw.ts writes them into docs/bench.md.`;

/** Measures a part once. */
async function measure(part: Part, { parts, kills }: Options, samples: Samples): Promise<void> {
  switch (part) {
    case "floor":
      return inEmptyCloud((scratch) => measureFloor(scratch, samples));
    case "walkthrough":
      return inEmptyCloud((scratch) => measureWalkthrough(scratch, samples));
    case "up":
      return inEmptyCloud((scratch) => measureLife(scratch, samples));
    case "sizes":
      for (const size of SIZES) {
        if (size === USUAL && parts.includes("up")) continue;
        await inEmptyCloud(async (scratch) => void (await measureUp(scratch, samples, size)));
      }
      return;
    case "make":
      return measureMake(samples);
    case "failover":
      // All kills are in the first run: each needs the same stack, and leaves it whole.
      if (samples[names.gap("reads", "door")] !== undefined) return;
      return inEmptyCloud((scratch) => measureFailover(scratch, samples, kills));
    default:
      return part satisfies never;
  }
}

async function main(args: string[]): Promise<void> {
  if (args.length > 0) {
    console.log(USAGE);
    if (!args.every((arg) => arg === "--help" || arg === "-h")) process.exitCode = 2;
    return;
  }
  const options = parseOptions(process.env);
  refuseIfInUse();
  await ensureImage();
  await ensureAllTools();
  const load = loadavg()[0]!.toFixed(1);
  console.log(`${cpus().length} cores, load average ${load} before; runs: ${options.runs}`);
  const samples: Samples = {};
  try {
    for (let run = 1; run <= options.runs; run++) {
      for (const part of options.parts) {
        console.log(`run ${run} of ${options.runs}: ${part}`);
        await measure(part, options, samples);
      }
    }
    saveResults(samples);
  } finally {
    if (Object.keys(samples).length > 0) console.log(render(samples));
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof Interrupted) process.exitCode = error.exitCode;
  else if (error instanceof ToolFailed) process.exitCode = error.code;
  else {
    console.error(error instanceof TaskError ? `hardway: ${error.message}` : error);
    process.exitCode = 1;
  }
});
