import { mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { cloudExists } from "../local";
import { TaskError } from "../tasks/error";
import { inLocalCloud, localStacks } from "../tasks/stack";
import { startCloud, stopCloud } from "../tasks/tools";
import { interruptible } from "./interrupt";

/** Throws when somebody's stack, or what is left of one, is in the local cloud: a measurement would take it away. */
export function refuseIfInUse(): void {
  const stacks = localStacks();
  if (stacks.length > 0) throw new TaskError(`the local cloud has ${stacks.join(", ")}; run make down first`);
  if (cloudExists()) throw new TaskError("the local cloud is running; run make down first");
}

/**
 * Runs `measure` with a local cloud just started, with nothing in it, while no other command changes it. Afterwards that
 * cloud and `scratch`, a directory only the owner can read, are gone, however it ended.
 */
export function inEmptyCloud(measure: (scratch: string) => Promise<void>): Promise<void> {
  return inLocalCloud(async () => {
    refuseIfInUse();
    await interruptible(async () => {
      const scratch = mkdtempSync(join(tmpdir(), "hardway-bench-"));
      try {
        await startCloud();
        await measure(scratch);
      } finally {
        await stopCloud();
        rmSync(scratch, { recursive: true, force: true });
      }
    });
  });
}
