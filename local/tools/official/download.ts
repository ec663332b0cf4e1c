import { execFile } from "node:child_process";
import { setMaxListeners } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { fetchImage } from "../images/fetch";
import { layOut } from "../layout";
import { ToolPaths } from "../paths";
import { publish, SCRATCH, scratchFor } from "../publish";
import { save } from "./http";
import { Available } from "./lookUp";
import { officialKey } from "./release";

/**
 * Downloads the official releases, checks them, and puts them where the built files would be. A file that two targets need is
 * downloaded once. What was finished stays when another one fails.
 */
export async function downloadAll(wanted: Available[], paths: ToolPaths, signal?: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  setMaxListeners(0, stop); // one for each request; Node warns of more than ten
  const files = new Map<string, Promise<string>>();
  const fetched = (one: Available): Promise<string> => {
    const file = files.get(one.release.url) ?? fetchChecked(one, paths, stop);
    files.set(one.release.url, file);
    return file;
  };
  const results = await Promise.allSettled(
    wanted.map(async (one) => {
      try {
        await (one.target.image ? installImage(one, paths, stop) : install(one, await fetched(one), paths, stop));
      } catch (error) {
        failed.abort(new Error("stopped, because another download failed", { cause: error }));
        throw error;
      }
    }),
  );
  signal?.throwIfAborted();
  // The first error is the cause of the others.
  if (failed.signal.aborted) throw (failed.signal.reason as Error).cause;
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

const WAY_OUT = "nothing of it was installed. Run the command again, or set HARDWAY_TOOLS=build";

/** The path of the downloaded file, whose checksum is right. */
async function fetchChecked({ target, release, sum }: Available, paths: ToolPaths, stop: AbortSignal): Promise<string> {
  const directory = path.join(paths.cache, SCRATCH, "downloads");
  fs.mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${target.id}-${release.file}`); // versions of one program have the same file name
  const hex = await save(release.url, file, sum.algorithm, stop).catch((error: Error) => {
    throw stop.aborted ? error : new Error(`${error.message}; ${WAY_OUT}`, { cause: error });
  });
  if (hex === sum.hex) return file;
  throw new Error(
    `${release.url} is not the official ${release.file}: its ${sum.algorithm} is ${hex}, ` +
      `and ${release.sums} says ${sum.hex}; ${WAY_OUT}`,
  );
}

async function installImage({ target, release, sum }: Available, paths: ToolPaths, stop: AbortSignal): Promise<void> {
  const scratch = scratchFor(target, paths);
  const fetched = fetchImage(release.url, `sha256:${sum.hex}`, paths.arch, scratch, stop);
  const files = await fetched.catch((error: Error) => {
    throw stop.aborted ? error : new Error(`${error.message}; ${WAY_OUT}`, { cause: error });
  });
  stop.throwIfAborted();
  publish(target, officialKey(target, paths.arch), paths, scratch, files);
}

async function install({ target, release }: Available, file: string, paths: ToolPaths, stop: AbortSignal) {
  const scratch = scratchFor(target, paths);
  if (release.members) await unpack(file, release.members, scratch, stop);
  else fs.renameSync(file, path.join(scratch, release.file));
  for (const name of fs.readdirSync(scratch).filter((name) => name in target.binaries))
    fs.chmodSync(path.join(scratch, name), 0o755);
  const files = await layOut(target, scratch);
  stop.throwIfAborted();
  publish(target, officialKey(target, paths.arch), paths, scratch, files);
}

/** Takes the members (path in the archive by file name) out of the archive. Their paths may begin with "./" there. */
async function unpack(archive: string, members: Record<string, string>, scratch: string, signal: AbortSignal) {
  const unpacked = path.join(scratch, "unpacked");
  fs.mkdirSync(unpacked);
  const patterns = Object.values(members).map((member) => `*${member}`);
  const args = ["-xzf", archive, "-C", unpacked, "--no-same-owner", "--wildcards", ...patterns];
  await promisify(execFile)("tar", args, { signal });
  for (const [name, member] of Object.entries(members))
    fs.renameSync(path.join(unpacked, member), path.join(scratch, name));
}
