import { readFileSync } from "fs";
import { join } from "path";
import { checkout } from "../support";

/** The recommendations of the benchmark that docs/hardening.md says do not hold. */
export const explainedControls = (): Set<string> =>
  new Set(
    [
      ...readFileSync(join(checkout, "docs/hardening.md"), "utf8").matchAll(/^\| ((?:\d(?:\.\d+)+(?:, )?)+) \|/gm),
    ].flatMap((match) => match[1]!.split(", ")),
  );
