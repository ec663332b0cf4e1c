import { randomBytes } from "crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { parse, stringify } from "yaml";
import { createStack } from "./engine";
import { programDirectory, stackFile, StackSettings } from "./files";
import type { Stack } from "./stack";

/**
 * Creates a new, empty stack of the program of `stack`, with its settings and `changes` to them. Its settings, its state and
 * the passphrase of its secrets are all in the directory `scratch`, which must exist and be empty.
 */
export async function createScratchStack(
  stack: Stack,
  scratch: string,
  { name = stack.name, changes }: { name?: string; changes: Record<string, unknown> },
): Promise<Stack> {
  const [directory, state, passphrase] = ["project", "state", "passphrase"].map((part) => join(scratch, part)) as [
    string,
    string,
    string,
  ];
  for (const made of [directory, state]) mkdirSync(made);
  writeFileSync(passphrase, randomBytes(32).toString("hex"), { mode: 0o600 });

  const source = programDirectory(stack.program);
  copyFileSync(join(source, "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
  const settings = readFileSync(stackFile(stack.name, source), "utf8");
  writeFileSync(stackFile(name, directory), withChanges(settings, changes));

  const environment = {
    ...stack.environment,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: undefined,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
  };
  const created = { ...stack, name, environment, directory };
  await createStack(created);
  return created;
}

/** The text of a settings file with some settings changed, by their full name. */
export function withChanges(settings: string, changes: Record<string, unknown>): string {
  const { config, ...rest } = (parse(settings) ?? {}) as Partial<StackSettings>;
  return stringify({ ...rest, config: { ...config, ...changes } });
}
