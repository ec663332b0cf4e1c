import { TaskError } from "./error";

/**
 * What the engine is told about its question before it changes a cloud: nothing where a person can answer, `--yes` with
 * YES=1. Throws a TaskError where neither is so.
 */
export function consent(yes = process.env.YES ?? "", terminal = process.stdin.isTTY && process.stdout.isTTY): string[] {
  if (yes === "1") return ["--yes"];
  if (yes !== "") throw new TaskError(`YES=${yes}: is no answer; use YES=1, or leave it out to be asked`);
  if (terminal) return [];
  throw new TaskError(
    "this asks before it changes anything, and there is no terminal to answer on; use YES=1 to go on",
  );
}
