import { mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { cloudExists } from "../local";
import { TaskError } from "../tasks/error";
import { inLocalCloud, localStacks } from "../tasks/stack";
import { startCloud, stopCloud } from "../tasks/tools";
import { interruptible } from "./interrupt";

/** Throws a TaskError when the local cloud exists or has stacks, because a measurement would remove them. */
export function refuseIfInUse(): void {
  const stacks = localStacks();
  if (stacks.length > 0) throw new TaskError(`the local cloud has ${stacks.join(", ")}; run make down first`);
  if (cloudExists()) throw new TaskError("the local cloud is running; run make down first");
}

/**
 * Starts an empty local cloud, runs `measure` while no other command changes that cloud, and stops it in any case. `scratch`
 * is a directory that only its owner can read. It is removed at the end.
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
