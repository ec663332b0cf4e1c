import { createHash } from "node:crypto";

/** A project's number: made up, and the same every time. */
export function idOfProject(project: string): string {
  return String(createHash("sha256").update(project).digest().readUIntBE(0, 5) + 100_000_000_000);
}

/** An id for something that nobody made, such as a zone. */
export function idOfName(name: string): string {
  return String(createHash("sha256").update(name).digest().readBigUInt64BE() >> 2n);
}
