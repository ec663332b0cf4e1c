import { existsSync, readdirSync, readFileSync, rmSync } from "fs";
import { join } from "path";
import type { Stack } from "./stack";

/** Files of a stack in a backend that is a directory: state, locks and history. None for any other backend. */
function ownFiles({ name, program, environment }: Stack): string[] {
  const [, directory] = /^file:\/\/(.*)$/.exec(environment.PULUMI_BACKEND_URL ?? "") ?? [];
  const root = directory === undefined ? undefined : join(directory, ".pulumi");
  if (root === undefined || !existsSync(root)) return [];
  const own = [`/${program}/${name}/`, `/${program}/${name}.json`];
  return readdirSync(root, { recursive: true })
    .map((file) => `/${String(file)}`)
    .filter((file) => own.some((part) => file.includes(part)))
    .map((file) => join(root, file));
}

/** Whether the backend holds a lock of the stack. False for a backend that is not a directory. */
export const isLocked = (stack: Stack): boolean =>
  ownFiles(stack).some((file) => file.includes("/locks/") && file.endsWith(".json"));

/**
 * Removes what a killed engine left half written. The engine replaces a file in one step, but not the file NAME.attrs beside it,
 * which holds a content type and a checksum: an empty one makes the engine fail with "EOF", and it does without a missing one.
 */
export function mendBackend(stack: Stack): void {
  for (const file of ownFiles(stack)) {
    const isTorn = file.endsWith(".attrs") && !isJson(readFileSync(file, "utf8"));
    if (isTorn || file.endsWith(".tmp")) rmSync(file, { force: true });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
