/** The parts of the OCI image specification that the images and the mirror share. */

/** Directory of the images below the mirror. */
export const IMAGES_DIR = "images";

/** Directory of one image's layout, below {@link IMAGES_DIR}. */
export const layoutDir = (repository: string, tag: string): string => `${repository}/${tag}`;

/** The file of a layout that says which manifest is the image. It is published last. */
export const INDEX_FILE = "index.json";

/** Path of a blob in its layout. `digest` is `sha256:HEX`. */
export const blobPath = (digest: string): string => `blobs/${digest.replace(":", "/")}`;

/** A reference to a blob by its digest, `sha256:HEX`; `size` is in bytes. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { architecture: string; os: string; variant?: string };
}

/** An image of one platform. */
export interface Manifest {
  schemaVersion: 2;
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
}

/** A list of manifests: one for each platform, or the one of a layout. */
export interface Index {
  schemaVersion: 2;
  mediaType: string;
  manifests: Descriptor[];
}

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
export const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

/** The media types of manifests, which a registry serves under `manifests/`. Docker's are older than OCI's and still in use. */
export const MANIFEST_TYPES: readonly string[] = [
  INDEX_TYPE,
  "application/vnd.docker.distribution.manifest.list.v2+json",
  MANIFEST_TYPE,
  "application/vnd.docker.distribution.manifest.v2+json",
];
