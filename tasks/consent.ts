import { TaskError } from "./error";

/**
 * The engine's options for its question before it changes a cloud: none when a person can answer it, `--yes` with YES=1.
 * Throws a TaskError when there is no terminal and no YES=1.
 */
export function consent(yes = process.env.YES ?? "", terminal = process.stdin.isTTY && process.stdout.isTTY): string[] {
  if (yes === "1") return ["--yes"];
  if (yes !== "") throw new TaskError(`YES must be 1, or unset to be asked; got ${JSON.stringify(yes)}`);
  if (terminal) return [];
  throw new TaskError("there is no terminal for the confirmation; set YES=1 to go on without it");
}
