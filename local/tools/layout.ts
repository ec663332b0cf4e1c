import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { Target } from "./target";

/** Arranges the built binaries in `scratch` as the official release does: see {@link layOut}. */
export async function arrange(target: Target, arch: string, scratch: string): Promise<string[]> {
  const built = Object.keys(target.binaries);
  if (target.layout !== "tarball") return layOut(target, scratch, built);
  const name = `${target.name}-${target.version}-linux-${arch}`;
  fs.mkdirSync(path.join(scratch, name));
  for (const file of built) fs.renameSync(path.join(scratch, file), path.join(scratch, name, file));
  await pack(scratch, name);
  return layOut(target, scratch, [`${name}.tar.gz`]);
}

/**
 * Adds the checksums that the target's official site has beside `files` in `scratch`. Returns the names of the files to
 * publish, in the order of publishing: a checksum comes after its file.
 */
export async function layOut(target: Target, scratch: string, files: string[]): Promise<string[]> {
  if (target.layout === "files") return files;
  const sums = await Promise.all(files.map((file) => sha256(path.join(scratch, file))));
  const write = (name: string, text: string) => fs.writeFileSync(path.join(scratch, name), text);
  if (target.layout === "checksums") {
    files.forEach((file, i) => write(`${file}.sha256`, sums[i]!));
    return files.flatMap((file) => [file, `${file}.sha256`]);
  }
  target.layout satisfies "tarball";
  write("SHA256SUMS", files.map((file, i) => `${sums[i]}  ${file}\n`).join(""));
  return [...files, "SHA256SUMS"];
}

/**
 * The same binaries give the same bytes. Compression level 1 is enough: the archive never leaves this machine.
 */
async function pack(scratch: string, name: string): Promise<void> {
  const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=0755"];
  await promisify(execFile)("tar", [
    "-I",
    "gzip -1 -n",
    ...reproducible,
    "-C",
    scratch,
    "-cf",
    path.join(scratch, `${name}.tar.gz`),
    name,
  ]);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
