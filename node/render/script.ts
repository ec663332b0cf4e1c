import { readFileSync } from "fs";
import { join } from "path";

/** Shell functions for scripts on a machine; those of `step` need those of `releases`. */
export const library = (name: "releases" | "step"): string =>
  readFileSync(join(__dirname, "shell", `${name}.sh`), "utf8");

/** Runs shell commands at the same time; fails when one did, once all have ended. */
export function sideBySide(commands: string[]): string[] {
  if (commands.length < 2) return commands;
  return [
    "jobs=()",
    ...commands.map((c) => `${c} & jobs+=($!)`),
    `failed=0; for job in "${"$"}{jobs[@]}"; do wait "${"$"}job" || failed=1; done; [ "$failed" = 0 ] || exit 1`,
  ];
}
