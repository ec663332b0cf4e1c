import { createHash } from "node:crypto";

/** A fingerprint in Google's form: eight bytes in base64. Equal contents have equal fingerprints. */
export function fingerprint(contents: unknown): string {
  return createHash("sha256").update(JSON.stringify(contents)).digest().subarray(0, 8).toString("base64url") + "=";
}
