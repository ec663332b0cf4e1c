/** Finds manifests and blobs in the OCI layouts below a directory: REPOSITORY/TAG/. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { blobPath, Index, INDEX_FILE, layoutDir, Manifest, MANIFEST_TYPES } from "../../tools/images/oci";

/** A manifest or blob. */
export interface Found {
  file: string;
  /** `sha256:HEX` of the file. */
  digest: string;
}

/** Manifests are much smaller. A larger blob is not read to see whether it is one. */
const MANIFEST_BYTES = 4 * 1024 * 1024;

/** The blob of any tag of the repository. `name` and `digest` must be valid. */
export async function findBlob(images: string, name: string, digest: string): Promise<Found | undefined> {
  for (const tag of await tagsOf(images, name)) {
    const file = join(images, layoutDir(name, tag), blobPath(digest));
    if ((await sizeOf(file)) !== undefined) return { file, digest };
  }
  return undefined;
}

/** The manifest of a tag, or with a digest. `name` and `reference` must be valid. */
export async function findManifest(
  images: string,
  name: string,
  reference: string,
): Promise<(Found & { mediaType: string }) | undefined> {
  const digest = reference.startsWith("sha256:") ? reference : await digestOf(images, name, reference);
  const found = digest === undefined ? undefined : await findBlob(images, name, digest);
  if (!found || ((await sizeOf(found.file)) ?? Infinity) > MANIFEST_BYTES) return undefined;
  const mediaType = (await read<Manifest | Index>(found.file))?.mediaType;
  return mediaType !== undefined && MANIFEST_TYPES.includes(mediaType) ? { ...found, mediaType } : undefined;
}

async function digestOf(images: string, name: string, tag: string): Promise<string | undefined> {
  const index = await read<Index>(join(images, layoutDir(name, tag), INDEX_FILE));
  return index?.manifests?.[0]?.digest;
}

/** The directories below the repository that are layouts. Others belong to repositories with longer names. */
async function tagsOf(images: string, name: string): Promise<string[]> {
  const entries = await readdir(join(images, name)).catch(() => []);
  const sizes = await Promise.all(entries.map((tag) => sizeOf(join(images, layoutDir(name, tag), INDEX_FILE))));
  return entries.filter((_, i) => sizes[i] !== undefined);
}

/** In bytes; undefined when there is no such file. */
async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** The JSON in a file; undefined when there is no such file, or no JSON in it. */
async function read<T extends object>(file: string): Promise<Partial<T> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
