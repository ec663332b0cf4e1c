/**
 * Fetches the images of registry.k8s.io by the OCI distribution API, without an account. As with all official releases, this was
 * written where the real place cannot be reached: the tests use a loopback server.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { read, save } from "../official/http";
import type { Sum } from "../official/sums";
import { Descriptor, Index, Manifest, MANIFEST_TYPES } from "./oci";
import { blobFile, finishLayout } from "./pack";

/** What a request for a manifest must say: registries answer an old format otherwise. */
const ACCEPT = { accept: MANIFEST_TYPES.join(", ") };

/** The checksum of an image's manifest, whose URL names the tag. The manifest has the checksums of everything else. */
export async function lookUpImage(url: string, signal: AbortSignal, milliseconds: number): Promise<Sum> {
  const text = await read(url, signal, milliseconds, ACCEPT);
  parse(text, url);
  return { algorithm: "sha256", hex: createHash("sha256").update(text).digest("hex") };
}

/** A manifest of one image, or of one for each platform. */
type AnyManifest = Partial<Manifest & Index> & { mediaType: string };

/** Throws when the text is something else, such as a page of a network that wants a password. */
function parse(text: string, url: string): AnyManifest {
  try {
    const manifest = JSON.parse(text) as AnyManifest;
    if (MANIFEST_TYPES.includes(manifest.mediaType)) return manifest;
  } catch {
    // Falls through to the error below.
  }
  throw new Error(`${url} has no manifest of an image`);
}

/**
 * Fetches an image for Linux on `arch` into an OCI layout in `scratch`. `url` is that of its manifest by tag, and `digest` its
 * SHA-256 (`sha256:HEX`). Returns the files of the layout, in the order of publishing. Rejects when a digest is wrong.
 */
export async function fetchImage(
  url: string,
  digest: string,
  arch: string,
  scratch: string,
  signal: AbortSignal,
): Promise<string[]> {
  const repository = url.replace(/\/manifests\/[^/]+$/, "");
  const fetched: Descriptor[] = [];

  /** The path of the checked file. */
  const fetchBlob = async (kind: "manifests" | "blobs", blob: Pick<Descriptor, "digest">): Promise<string> => {
    if (!/^sha256:[0-9a-f]{64}$/.test(blob.digest))
      throw new Error(`${url} names ${blob.digest}, which is not a SHA-256`);
    const from = `${repository}/${kind}/${blob.digest}`;
    const file = blobFile(blob.digest, scratch);
    const hex = await save(from, file, "sha256", signal, kind === "manifests" ? ACCEPT : {});
    if (`sha256:${hex}` !== blob.digest) throw new Error(`${from} has the wrong content: its SHA-256 is ${hex}`);
    return file;
  };

  const fetchManifest = async (wanted: Pick<Descriptor, "digest">): Promise<AnyManifest> => {
    const text = fs.readFileSync(await fetchBlob("manifests", wanted), "utf8");
    const manifest = parse(text, url);
    fetched.push({ mediaType: manifest.mediaType, digest: wanted.digest, size: Buffer.byteLength(text) });
    return manifest;
  };

  const top = await fetchManifest({ digest });
  const image = top.manifests ? await fetchManifest(forThisMachine(top.manifests, arch, url)) : top;
  if (!image.config || !image.layers) throw new Error(`${url} has a manifest without a configuration or layers`);
  const blobs = [image.config, ...image.layers];
  // Two layers may be the same, and two downloads of one file would write over each other.
  const different = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
  await Promise.all(different.map((blob) => fetchBlob("blobs", blob)));
  return finishLayout(fetched[0]!, [...different, ...fetched.toReversed()], scratch);
}

function forThisMachine(manifests: Descriptor[], arch: string, url: string): Descriptor {
  const found = manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === arch);
  if (!found) throw new Error(`${url} has no image for linux/${arch}`);
  return found;
}
