import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { Target } from "./target";

/** Arranges the built binaries in `scratch` as the official release does: see {@link layOut}. */
export async function arrange(target: Target, scratch: string): Promise<string[]> {
  const { binaries, layout } = target;
  if (layout !== "files" && layout.members !== undefined)
    await pack(scratch, layout.file, layout.members, Object.keys(binaries));
  return layOut(target, scratch);
}

/**
 * Adds the checksum that the official place has to the files of `target` in `scratch`: its binaries, or the archive of them.
 * Returns the names of the files to publish, in the order of publishing: a checksum comes after its file.
 */
export async function layOut({ binaries, layout }: Target, scratch: string): Promise<string[]> {
  if (layout === "files") return Object.keys(binaries);
  const { file, sums, line } = layout;
  const sum = await sha256(path.join(scratch, file));
  fs.writeFileSync(path.join(scratch, sums), line === "sum" ? sum : `${sum}  ${file}\n`);
  return [file, sums];
}

/**
 * The same binaries give the same bytes. Compression level 1 is enough: the archive never leaves this machine. `members` is
 * what stands before the names in the archive.
 */
async function pack(scratch: string, file: string, members: string, binaries: string[]): Promise<void> {
  const content = path.join(scratch, "content");
  fs.mkdirSync(path.join(content, members), { recursive: true });
  for (const name of binaries) fs.renameSync(path.join(scratch, name), path.join(content, members, name));
  const reproducible = ["--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=0755"];
  const names = [...binaries].sort().map((name) => members + name);
  const archive = path.join(scratch, file);
  await promisify(execFile)("tar", ["-I", "gzip -1 -n", ...reproducible, "-C", content, "-cf", archive, ...names]);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
