/** A checksum that a release publishes for one of its files. */
export interface Sum {
  algorithm: "sha1" | "sha256" | "sha512";
  /** In lower case. */
  hex: string;
}

/** By the number of hexadecimal digits. The workflow of Pulumi's plugins calls `shasum`, which makes SHA-1 by default. */
const ALGORITHMS: Record<number, Sum["algorithm"]> = { 40: "sha1", 64: "sha256", 128: "sha512" };

/**
 * The checksum of `file` in the text of a file of checksums: lines of `HEX  NAME`, where `./` or `*` may stand before the
 * name, or one checksum alone. `url` is where the text came from, for the error when it has none.
 */
export function sumIn(text: string, file: string, url: string): Sum {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const alone = lines.length <= 2 && lines[0]!.length === 1 ? lines[0] : undefined;
  const [hex = ""] = alone ?? lines.find(([, name]) => name?.replace(/^\*?(\.\/)?/, "") === file) ?? [];
  const algorithm = ALGORITHMS[hex.length];
  if (!algorithm || !/^[0-9a-f]+$/i.test(hex)) throw new Error(`${url} has no checksum of ${file}`);
  return { algorithm, hex: hex.toLowerCase() };
}
