/** Builds the machine image, once, in the cache. */

import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { identify } from "../../../lib/processes";
import { CommandError, run } from "../run";
import { customise } from "./customise";
import * as recipe from "./recipe";
import { aptFetchOptions, debianSources } from "./sources";

/** The names of builds' temporary directories begin with this, so that the rest of an interrupted build can be found. */
const TEMPORARY = ".building-";

/** The root file system of the image `name` in `imageDir`. Throws when the image is unknown or not built. */
export async function imageRoot(imageDir: string, name: string): Promise<string> {
  if (name !== recipe.IMAGE)
    throw new Error(`The local cloud cannot boot the image "${name}", only "${recipe.IMAGE}".`);
  const root = join(imageDir, recipe.imageDirectoryName());
  if (await isDirectory(root)) return root;
  throw new Error(`The image ${root} is not built: run \`npx tsx local/cloud/image/cli.ts ensure\`.`);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Builds the image if it does not exist, which needs root and takes about a minute. Resolves with its directory.
 * The directory gets its name only when it is complete. The rest of an interrupted build is removed by the next one.
 */
export async function ensureImage(imageDir: string, log: (line: string) => void): Promise<string> {
  const target = join(imageDir, recipe.imageDirectoryName());
  if (await isDirectory(target)) return target;
  if (process.getuid?.() !== 0) throw new Error("Building the machine image needs root.");
  await mkdir(imageDir, { recursive: true, mode: 0o700 });
  await removeLeftovers(imageDir);
  const temporary = await mkdtemp(join(imageDir, `${TEMPORARY}${process.pid}-`));
  try {
    const root = join(temporary, "root");
    log(`Building the machine image ${recipe.imageDirectoryName()} (once, about a minute)`);
    await bootstrap(root, join(temporary, "apt.conf"), log);
    await customise(root);
    await rename(root, target);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  log(`The machine image is in ${target}`);
  return target;
}

/** Removes temporary directories of builds whose process has ended. */
async function removeLeftovers(imageDir: string): Promise<void> {
  for (const entry of await readdir(imageDir)) {
    if (!entry.startsWith(TEMPORARY)) continue;
    const builder = Number(entry.slice(TEMPORARY.length).split("-")[0]);
    if (!identify(builder)) await rm(join(imageDir, entry), { recursive: true, force: true });
  }
}

async function bootstrap(root: string, aptConf: string, log: (line: string) => void): Promise<void> {
  const sources = await debianSources(log);
  // In a file, because any user can read arguments, and the settings may contain a proxy's password.
  await writeFile(aptConf, (await aptFetchOptions()).join("\n") + "\n", { mode: 0o600 });
  const args = [
    // In a new mount namespace, so that no mount stays on the host, however the build ends.
    "--mount",
    "--propagation=slave",
    "mmdebstrap",
    "--mode=root",
    "--format=directory",
    "--variant=minbase",
    `--include=${recipe.PACKAGES.join(",")}`,
    "--dpkgopt=force-unsafe-io",
    `--aptopt=${aptConf}`,
    `--extract-hook=${recipe.EXCLUDE}`,
    `--customize-hook=chroot "$1" apt-get --quiet --yes autopurge ${recipe.PURGED_PACKAGES.join(" ")}`,
    `--customize-hook=chroot "$1" sh -c '${recipe.MAKE_REPOSITORY.replaceAll("'", `'\\''`)}'`,
    recipe.SUITE,
    root,
    "-",
  ];
  try {
    const onLine = (line: string) => /^I: (?!running --)\w+ing /.test(line) && log(`  ${line.slice("I: ".length)}`);
    await run("unshare", args, { input: sources.join("\n") + "\n", onLine });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new Error(`mmdebstrap could not build the machine image (${error.status}):\n${error.stderr.trim()}`, {
      cause: error,
    });
  }
}
