/** Instance and project metadata: key and value pairs with a fingerprint. */
import { z } from "zod";
import { fingerprint } from "../state/fingerprint";
import { MetadataItem } from "../state/model";
import { ApiError } from "./errors";
import { check, ignored } from "./schema";

const KEY = "[a-zA-Z0-9-_]{1,128}";
const MAX_VALUE_BYTES = 256 * 1024;
const MAX_TOTAL_BYTES = 512 * 1024;

const Item = z.strictObject({
  key: z.string().regex(new RegExp(`^${KEY}$`), `Must be a match of regex '${KEY}'`),
  value: z
    .string()
    .default("")
    .refine((text) => Buffer.byteLength(text) <= MAX_VALUE_BYTES, {
      error: `Must be at most ${MAX_VALUE_BYTES} bytes.`,
    }),
});

export const Metadata = z.strictObject({
  kind: ignored,
  fingerprint: z.string().optional(),
  items: z.array(Item).default([]),
});

/** Throws when a key is given twice, or all items together are too large. */
export function checkItems(items: MetadataItem[], field: string): void {
  const keys = items.map((item) => item.key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  // No message shows a value, because values may be secret.
  if (twice) throw new ApiError(400, "invalid", `Invalid value for field '${field}': key '${twice}' is given twice.`);
  const size = items.reduce((sum, { key, value }) => sum + Buffer.byteLength(key + value), 0);
  if (size > MAX_TOTAL_BYTES) {
    throw new ApiError(
      400,
      "invalid",
      `Invalid value for field '${field}': ${size} bytes are more than ${MAX_TOTAL_BYTES}.`,
    );
  }
}

export function parseMetadata(body: unknown): { items: MetadataItem[]; fingerprint?: string } {
  const wanted = check(Metadata, body, "metadata");
  checkItems(wanted.items, "metadata.items");
  return wanted;
}

export const metadataFingerprint = (items: MetadataItem[]) => fingerprint(items);

export function renderMetadata(items: MetadataItem[]): object {
  return { kind: "compute#metadata", fingerprint: metadataFingerprint(items), ...(items.length > 0 && { items }) };
}
