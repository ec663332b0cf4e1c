import { readFileSync } from "fs";
import { join } from "path";

export type Library = "releases" | "step" | "turn" | "alone" | "transaction" | "members" | "worker";

/** Shell functions for scripts on a machine. Each needs those that `renderStep` puts before it. */
export const library = (name: Library): string => readFileSync(join(__dirname, "shell", `${name}.sh`), "utf8");

/** Shell code that runs commands at the same time and waits for all of them. It exits with 1 when one has failed. */
export function sideBySide(commands: string[]): string[] {
  if (commands.length < 2) return commands;
  return [
    "jobs=()",
    ...commands.map((c) => `${c} & jobs+=($!)`),
    `failed=0; for job in "${"$"}{jobs[@]}"; do wait "${"$"}job" || failed=1; done; [ "$failed" = 0 ] || exit 1`,
  ];
}
