import { createHash } from "node:crypto";

/** Google's kind of fingerprint: base64 of eight bytes, the same for the same contents. */
export function fingerprint(contents: unknown): string {
  return createHash("sha256").update(JSON.stringify(contents)).digest().subarray(0, 8).toString("base64url") + "=";
}
