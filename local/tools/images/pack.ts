import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import type { Image } from "../target";
import { blobPath, Descriptor, Index, INDEX_FILE, INDEX_TYPE, Manifest, MANIFEST_TYPE } from "./oci";
import { ROOT } from "./root";

/**
 * Makes an OCI layout in `scratch` of the files in its directory {@link ROOT}, for Linux on `arch`. Returns the files of the
 * layout, in the order of publishing: what others name comes before them. The same files give the same bytes.
 */
export async function packImage(image: Image, arch: string, scratch: string): Promise<string[]> {
  const tar = path.join(scratch, "layer.tar");
  await promisify(execFile)("tar", [...REPRODUCIBLE, "-C", path.join(scratch, ROOT), "-cf", tar, "."]);
  const layer = await fileBlob(tar, scratch);
  const config = jsonBlob(configOf(image, arch, layer.digest), "application/vnd.oci.image.config.v1+json", scratch);
  const manifest: Manifest = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [layer] };
  const top = jsonBlob(manifest, MANIFEST_TYPE, scratch);
  return finishLayout({ ...top, platform: { architecture: arch, os: "linux" } }, [layer, config, top], scratch);
}

/** Writes the files of a layout whose image is `top`. Returns all its files, as {@link packImage} does. */
export function finishLayout(top: Descriptor, blobs: Descriptor[], scratch: string): string[] {
  const index: Index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [top] };
  fs.writeFileSync(path.join(scratch, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  fs.writeFileSync(path.join(scratch, INDEX_FILE), JSON.stringify(index));
  // Layers may be equal; a file can be published once only.
  return [...new Set(blobs.map(({ digest }) => blobPath(digest))), "oci-layout", INDEX_FILE];
}

/** Modes are those of the files; see root.ts. */
const REPRODUCIBLE = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--format=ustar"];

function configOf({ entrypoint, command, user }: Image, architecture: string, layer: string) {
  const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return {
    architecture,
    os: "linux",
    config: { Env: [`PATH=${PATH}`], Entrypoint: entrypoint, Cmd: command, User: user, WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: [layer] },
  };
}

/** The layer is not compressed: it never leaves this machine, and a worker unpacks it sooner. */
async function fileBlob(file: string, scratch: string): Promise<Descriptor> {
  const hash = createHash("sha256");
  for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
  const digest = `sha256:${hash.digest("hex")}`;
  const { size } = fs.statSync(file);
  fs.renameSync(file, blobFile(digest, scratch));
  return { mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size };
}

function jsonBlob(value: object, mediaType: string, scratch: string): Descriptor {
  const text = JSON.stringify(value);
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  fs.writeFileSync(blobFile(digest, scratch), text);
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

/** The path of a blob's file. Its directory exists afterwards. */
export function blobFile(digest: string, scratch: string): string {
  const file = path.join(scratch, blobPath(digest));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  return file;
}
