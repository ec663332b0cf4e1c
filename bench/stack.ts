import { randomBytes } from "crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { parse, stringify } from "yaml";
import { toolEnv } from "../local";
import { projectDirectory } from "../lib/directories";
import { stackFile } from "../tasks/stack/local";
import { createStack, Stack } from "../tasks/stack/stack";
import { quietly } from "./quiet";
import { Size } from "./rows";

const NAME = "bench";

/** Settings of the local stack, as text, with another number of controllers. */
export function settingsWith(controllers: Size, local: string): string {
  const settings = parse(local) as { config: Record<string, unknown> };
  return stringify({ ...settings, config: { ...settings.config, "hardway:controllers": controllers } });
}

/** Makes an empty stack with `controllers`; its settings, its state and the passphrase of its secrets are all in `scratch`. */
export async function makeStack(scratch: string, controllers: Size): Promise<Stack> {
  const directory = join(scratch, "project");
  const state = join(scratch, "state");
  for (const made of [directory, state]) mkdirSync(made);
  copyFileSync(join(projectDirectory, "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
  const local = readFileSync(stackFile("local", projectDirectory), "utf8");
  writeFileSync(stackFile(NAME, directory), settingsWith(controllers, local));
  const passphrase = join(scratch, "passphrase");
  writeFileSync(passphrase, randomBytes(32).toString("hex"), { mode: 0o600 });
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    ...toolEnv(),
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
  };
  delete environment.PULUMI_CONFIG_PASSPHRASE;
  const stack: Stack = { name: NAME, program: "hardway", local: true, environment, directory };
  await createStack(stack);
  return stack;
}

/** Runs `pulumi up`, `preview` or `destroy` on the stack. */
export function pulumi(stack: Stack, ...args: string[]): Promise<void> {
  return quietly("pulumi", [...args, "--stack", stack.name, "--config-file", stackFile(stack.name, stack.directory)], {
    cwd: projectDirectory,
    env: stack.environment,
    log: join(stack.directory, "pulumi.log"),
  });
}
