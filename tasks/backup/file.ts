/** Reads a backup: a tar file with backup.json and the encrypted pieces of a gzipped snapshot (node/programs/etcd-backup.sh). */
import { createHash } from "crypto";
import { mkdtempSync, rmSync, writeFileSync } from "fs";
import { FileHandle, open } from "fs/promises";
import { tmpdir } from "os";
import { join } from "path";
import { Readable } from "stream";
import { createGunzip } from "zlib";
import { piped } from "../../lib/process";
import { TaskError } from "../error";

/** backup.json. It is not encrypted, so it tells what a file claims to be. */
export interface Description {
  format: 1;
  /** Name of the cluster. */
  cluster: string;
  /** Name of the machine's instance. */
  machine: string;
  /** UTC, as 20261128T093000Z. */
  time: string;
  /** Version of etcdutl. */
  etcd: string;
  hash: number;
  revision: number;
  /** Number of keys, without older revisions of the same key. */
  keys: number;
  /** Size of the snapshot. */
  bytes: number;
}

interface Entry {
  name: string;
  offset: number;
  size: number;
}

const BLOCK = 512;
/** Bytes of the SHA-256 with which etcd ends a snapshot. */
const HASH_BYTES = 32;

export class BackupFile {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    readonly description: Description,
    private readonly parts: Entry[],
  ) {}

  /** Throws a TaskError when the file is missing, or is no complete backup. */
  static async open(path: string): Promise<BackupFile> {
    const file = await open(path, "r").catch((error: Error) => {
      throw new TaskError(`FROM=${path} cannot be read: ${error.message}`, { cause: error });
    });
    try {
      const [first, ...parts] = await entries(file, (await file.stat()).size);
      const named = parts.every(({ name }, i) => name === `part.${String(i).padStart(4, "0")}`);
      if (first?.name !== "backup.json" || parts.length === 0 || !named)
        throw new Error("its parts are not a backup's");
      const description = JSON.parse((await read(file, first)).toString()) as Description;
      if (description.format !== 1) throw new Error(`its format is ${String(description.format)}, expected 1`);
      return new BackupFile(path, file, description, parts);
    } catch (error) {
      await file.close();
      throw damaged(path, (error as Error).message);
    }
  }

  /**
   * The snapshot, in pieces. Each was decrypted as a whole before it is returned, because OpenSSL writes out what it has before it
   * knows whether somebody changed it. Throws a TaskError when the key is another one or the file was changed.
   */
  async *snapshot(privateKey: string): AsyncGenerator<Buffer> {
    // openssl reads a key from a file only. This directory can only be read by its user.
    const directory = mkdtempSync(join(tmpdir(), "hardway-backup-"));
    try {
      const key = join(directory, "key");
      writeFileSync(key, privateKey, { mode: 0o600 });
      const gunzip = createGunzip();
      const pieces = Readable.from(this.decrypted(key)).on("error", (error) => gunzip.destroy(error));
      for await (const piece of pieces.pipe(gunzip)) yield piece as Buffer;
    } catch (error) {
      throw error instanceof TaskError ? error : damaged(this.path, (error as Error).message);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  private async *decrypted(key: string): AsyncGenerator<Buffer> {
    for (const part of this.parts) {
      const message = await read(this.file, part);
      const pieces: Buffer[] = [];
      const { code, stderr } = await piped("openssl", ["cms", "-decrypt", "-inform", "DER", "-binary", "-inkey", key], {
        input: Readable.from([message]),
        output: async (printed) => {
          for await (const piece of printed) pieces.push(piece);
        },
      });
      if (code !== 0)
        throw damaged(
          this.path,
          `${part.name} cannot be decrypted: it was changed, or is another stack's (${reason(stderr)})`,
        );
      yield Buffer.concat(pieces);
    }
  }

  /** Decrypts everything, and compares the snapshot with the SHA-256 at its end. Throws a TaskError when it is not whole. */
  async check(privateKey: string): Promise<void> {
    const hash = createHash("sha256");
    let bytes = 0;
    let end = Buffer.alloc(0);
    for await (const piece of this.snapshot(privateKey)) {
      bytes += piece.length;
      const known = Buffer.concat([end, piece]);
      const rest = Math.max(0, known.length - HASH_BYTES);
      hash.update(known.subarray(0, rest));
      end = known.subarray(rest);
    }
    if (bytes <= HASH_BYTES || !hash.digest().equals(end)) throw damaged(this.path, "its SHA-256 does not match");
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

const damaged = (path: string, why: string) =>
  new TaskError(`FROM=${path} is not a whole backup of this stack: ${why}; nothing was changed`);

const reason = (stderr: string) =>
  stderr
    .trim()
    .split("\n")
    .at(-1)
    ?.replace(/^.*:error:/, "") ?? "";

/** The files in a tar (ustar), in their order. Throws when it does not end with the two empty blocks that end every tar. */
async function entries(file: FileHandle, size: number): Promise<Entry[]> {
  const found: Entry[] = [];
  for (let offset = 0; offset + BLOCK <= size;) {
    const header = await read(file, { name: "header", offset, size: BLOCK });
    if (header.every((byte) => byte === 0)) return found;
    if (header.subarray(257, 262).toString() !== "ustar") throw new Error("it is no tar file");
    const entry = { name: text(header, 0, 100), offset: offset + BLOCK, size: parseInt(text(header, 124, 12), 8) };
    found.push(entry);
    offset = entry.offset + Math.ceil(entry.size / BLOCK) * BLOCK;
  }
  throw new Error("it ends too early");
}

const text = (header: Buffer, from: number, length: number) =>
  header
    .subarray(from, from + length)
    .toString()
    .replace(/\0.*$/s, "");

async function read(file: FileHandle, { name, offset, size }: Entry): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, offset);
  if (bytesRead !== size) throw new Error(`it ends in the middle of ${name}`);
  return buffer;
}
