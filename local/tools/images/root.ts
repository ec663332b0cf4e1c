/** The file system of an image, before it is packed. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Target } from "../target";
import { addBusybox } from "./busybox";

/** Directory below the scratch directory that becomes the image's `/`. */
export const ROOT = "root";

/** User and group of programs that need no privileges, as in the distroless images that upstream builds on. */
const NONROOT = 65532;

const FILES = {
  "etc/passwd":
    "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n" +
    `nonroot:x:${NONROOT}:${NONROOT}:nonroot:/:/bin/false\n`,
  "etc/group": `root:x:0:\nnobody:x:65534:\nnonroot:x:${NONROOT}:\n`,
};

/**
 * Completes the file system in `scratch`, where the built programs are already, and sets all modes: those of new files depend on
 * this process's umask.
 */
export async function completeRoot({ binaries, image }: Target, scratch: string, signal: AbortSignal): Promise<void> {
  const root = path.join(scratch, ROOT);
  for (const [file, text] of Object.entries(FILES)) {
    fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
    fs.chmodSync(path.join(root, file), 0o644);
  }
  for (const file of Object.keys(binaries)) fs.chmodSync(path.join(scratch, file), 0o755);
  fs.mkdirSync(path.join(root, "tmp"));
  if (image?.busybox) await addBusybox(root, scratch, signal);
  const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true });
  const directories = entries
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  for (const directory of [root, ...directories]) fs.chmodSync(directory, 0o755);
  fs.chmodSync(path.join(root, "tmp"), 0o1777);
}
