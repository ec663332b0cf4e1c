import * as fs from "node:fs/promises";

/**
 * Replaces a file's contents atomically: a reader sees the old text or the new text, even after a crash.
 * When this fails, for example because the disk is full, the old file stays unchanged and the error is thrown.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  try {
    const handle = await fs.open(draft, "w", 0o600);
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await fs.rename(draft, file);
  } catch (error) {
    await fs.rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}
