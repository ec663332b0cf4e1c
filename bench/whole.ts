import { mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { projectDirectory } from "../lib/directories";
import { down } from "../tasks/down";
import { openStack } from "../tasks/stack";
import { refuseIfInUse } from "./cloud";
import { interruptible } from "./interrupt";
import { quietly } from "./quiet";
import { names } from "./rows";
import { add, Samples, timed } from "./samples";

/** Measures `make up` and `make down` as a person runs them. They take the local cloud's lock themselves. */
export async function measureMake(samples: Samples): Promise<void> {
  refuseIfInUse();
  await interruptible(async () => {
    const scratch = mkdtempSync(join(tmpdir(), "hardway-bench-"));
    // Without the options of the make that started this program.
    const env = { ...process.env, MAKEFLAGS: "", MAKELEVEL: "" };
    const make = async (target: string) => {
      const log = join(scratch, `${target}.log`);
      return (await timed(() => quietly("make", [target], { cwd: projectDirectory, env, log }))).seconds;
    };
    let isUp = true;
    try {
      add(samples, names.makeUp, await make("up"));
      add(samples, names.makeDown, await make("down"));
      isUp = false;
    } finally {
      if (isUp) await down(openStack("local"));
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}
