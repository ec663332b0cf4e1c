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

/** Asks a question that is answered with yes or no. With YES=1, says what it would ask and takes yes for an answer. */
export async function agree(question: string): Promise<boolean> {
  if (consent().includes("--yes")) {
    console.log(`${question} YES=1`);
    return true;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
