import { createInterface } from "readline/promises";
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

/** Whether a person at the terminal answers `question` with yes. Does not ask with YES=1. Throws a TaskError like `consent`. */
export async function agreed(question: string): Promise<boolean> {
  if (consent().length > 0) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(`${question} Only "yes" goes on: `)).trim() === "yes";
  } finally {
    terminal.close();
  }
}
