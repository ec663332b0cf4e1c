import { existsSync, readFileSync } from "fs";
import { join } from "path";
import { Deployment, nameIn } from "../../../tasks/stack/pending";
import { openStack } from "../../../tasks/stack";

/** The state of a stack of the local cloud, as the engine wrote it last: while it runs too. Empty when there is none. */
export function checkpoint(stack: string): Required<Deployment> {
  const backend = openStack(stack).environment.PULUMI_BACKEND_URL!.replace(/^file:\/\//, "");
  const file = join(backend, ".pulumi", "stacks", "hardway", `${stack}.json`);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  // The engine may be writing the file.
  const { resources, pending_operations } = parse(text)?.checkpoint?.latest ?? {};
  return { resources: resources ?? [], pending_operations: pending_operations ?? [] };
}

function parse(text: string): { checkpoint?: { latest?: Deployment } } | undefined {
  try {
    return JSON.parse(text) as { checkpoint?: { latest?: Deployment } };
  } catch {
    return undefined;
  }
}

type Names = (name: string) => boolean;

/** Whether the engine has begun to make a resource whose name matches, or has made one already. */
export function madeOrMaking(stack: string, matches: Names): boolean {
  const { resources, pending_operations } = checkpoint(stack);
  return [...resources, ...pending_operations.map((op) => op.resource)].some((resource) => matches(nameIn(resource)));
}

/** Whether an operation of this type is under way on a resource whose name matches. */
export const isBusy = (stack: string, type: string, matches: Names): boolean =>
  checkpoint(stack).pending_operations.some((op) => op.type === type && matches(nameIn(op.resource)));
