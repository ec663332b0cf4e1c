import { mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { cannotOpen, checkSettings, createScratchStack, pulumi, Stack, whyMissing } from "./stack";
import { ensureAnyEngine, ensureEngine } from "./tools";

/** With this universe domain, Google's provider does not ask who the caller is, so that any token will do. */
const WITHOUT_CREDENTIALS = { "gcp:accessToken": "none", "gcp:universeDomain": "preview.invalid" };

/**
 * `pulumi preview --diff`. For a stack that does not exist yet, it needs no cloud, credentials or network. Resolves with the
 * exit code.
 */
export async function preview(stack: Stack, options: string[] = []): Promise<number> {
  checkSettings(stack);
  await ensureAnyEngine();
  const reason = await whyMissing(stack);
  if (reason === undefined) return previewExisting(stack, options);
  if (/passphrase/.test(reason)) throw cannotOpen(stack, reason);
  console.log(`Stack ${stack.name} cannot be opened: ${reason}`);
  console.log("This is the plan of a stack that does not exist yet, made without credentials or network.\n");
  return previewNew(stack, options);
}

async function previewExisting(stack: Stack, options: string[]): Promise<number> {
  await ensureEngine(stack);
  return pulumi(stack, "preview", "--diff", ...options);
}

async function previewNew(stack: Stack, options: string[]): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), "hardway-preview-"));
  try {
    const standIn = await createScratchStack(stack, scratch, { changes: WITHOUT_CREDENTIALS });
    return await pulumi(standIn, "preview", "--diff", ...options);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
