/** Ids and times as Google's API writes them. */
import { createHash, randomInt } from "node:crypto";

/** Now, in the form of RFC 3339. */
export function timestamp(): string {
  return new Date().toISOString().replace("Z", "+00:00");
}

/** An id for a new resource: 19 digits, like Google's. */
export function newId(): string {
  return String(BigInt(Date.now()) * 1_000_000n + BigInt(randomInt(1_000_000)));
}

/** A project's number. It is made from the name, so that it never changes. */
export function idOfProject(project: string): string {
  return String(createHash("sha256").update(project).digest().readUIntBE(0, 5) + 100_000_000_000);
}

/** The id of something that always exists, such as a zone. */
export function idOfName(name: string): string {
  return String(createHash("sha256").update(name).digest().readBigUInt64BE() >> 2n);
}
