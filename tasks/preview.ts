import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { projectDirectory } from "../lib/directories";
import { stackFile } from "./stack/local";
import { output } from "../lib/process";
import { checkSettings } from "./preflight";
import { createStack, openStack, pulumi, Stack, whyMissing } from "./stack/stack";
import { ensureEngine } from "./tools";

/** What stands for a cloud that is not asked: with a universe of its own, Google's provider does not even look who is calling. */
const NOBODY = ["gcp:accessToken=none", "gcp:universeDomain=preview.invalid"];

/** `pulumi preview --diff`; of a stack that does not exist yet without a cloud, credentials or network. Resolves with the exit code. */
export async function preview(name: string, options: string[] = []): Promise<number> {
  checkSettings(name);
  const stack = openStack(name);
  await ensureEngine();
  const reason = await whyMissing(stack);
  if (reason === undefined) return pulumi(stack, "preview", "--diff", ...options);
  console.log(`Stack ${name} cannot be opened: ${reason}`);
  console.log("This is the plan of a stack that does not exist yet, made without credentials or network.\n");
  return previewNew(stack, options);
}

/** Uses a backend that lives as long as the command. */
async function previewNew(stack: Stack, options: string[]): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), "hardway-preview-"));
  try {
    const directory = join(scratch, "project");
    const backend = join(scratch, "state");
    mkdirSync(directory);
    mkdirSync(backend);
    copyFileSync(join(projectDirectory, "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
    copyFileSync(stackFile(stack.name, projectDirectory), stackFile(stack.name, directory));
    const env = { ...stack.environment, PULUMI_BACKEND_URL: `file://${backend}`, PULUMI_CONFIG_PASSPHRASE: "preview" };
    const standIn = { ...stack, directory, environment: env };
    await createStack(standIn);
    for (const setting of NOBODY) {
      const [key, value] = setting.split("=") as [string, string];
      await output("pulumi", ["config", "set", "--plaintext", key, value, "--stack", stack.name], {
        cwd: directory,
        env,
      });
    }
    return await pulumi(standIn, "preview", "--diff", ...options);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
