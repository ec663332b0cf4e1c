import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { Target } from "./target";

/**
 * Arranges the binaries in `scratch` as the target's official site does. Returns the names of the files to publish, in
 * the order of publishing: a checksum comes after its file.
 */
export async function layOut(target: Target, arch: string, scratch: string): Promise<string[]> {
  const built = Object.keys(target.binaries);
  switch (target.layout) {
    case "files":
      return built;
    case "checksums":
      return built.flatMap((name) => {
        fs.writeFileSync(path.join(scratch, `${name}.sha256`), sha256(path.join(scratch, name)));
        return [name, `${name}.sha256`];
      });
    case "tarball": {
      const name = `${target.name}-${target.version}-linux-${arch}`;
      fs.mkdirSync(path.join(scratch, name));
      for (const file of built) fs.renameSync(path.join(scratch, file), path.join(scratch, name, file));
      await pack(scratch, name);
      const sum = sha256(path.join(scratch, `${name}.tar.gz`));
      fs.writeFileSync(path.join(scratch, "SHA256SUMS"), `${sum}  ${name}.tar.gz\n`);
      return [`${name}.tar.gz`, "SHA256SUMS"];
    }
    default:
      return target.layout satisfies never;
  }
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

function sha256(file: string): string {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}
