/** Builds the machine image once, into the cache. */

import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { identify } from "../../../lib/processes";
import { CommandError, run } from "../run";
import { customise } from "./customise";
import * as recipe from "./recipe";
import { aptFetchOptions, debianSources } from "./sources";

/** Temporary directories of a build begin with this, so that what an interrupted build left is known by its name. */
const TEMPORARY = ".building-";

/** The root file system of the image called `name` under `imageDir`; throws when there is no such image or it is not built. */
export async function imageRoot(imageDir: string, name: string): Promise<string> {
  if (name !== recipe.IMAGE) throw new Error(`No image "${name}": the local cloud has "${recipe.IMAGE}" only.`);
  const root = join(imageDir, recipe.imageDirectoryName());
  if (await isDirectory(root)) return root;
  throw new Error(`The image ${name} is not built at ${root}: run \`npx tsx local/cloud/image/cli.ts ensure\` first.`);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Builds the image unless it is there (needs root, about a minute) and resolves to its directory.
 * It appears under its name only when complete: a build that was interrupted leaves a temporary directory, removed by the next.
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

/** Removes temporary directories of builds whose process is gone. */
async function removeLeftovers(imageDir: string): Promise<void> {
  for (const entry of await readdir(imageDir)) {
    if (!entry.startsWith(TEMPORARY)) continue;
    const builder = Number(entry.slice(TEMPORARY.length).split("-")[0]);
    if (!identify(builder)) await rm(join(imageDir, entry), { recursive: true, force: true });
  }
}

async function bootstrap(root: string, aptConf: string, log: (line: string) => void): Promise<void> {
  const sources = await debianSources(log);
  // In a file, not in arguments that everybody can read: the settings may hold a proxy's password.
  await writeFile(aptConf, (await aptFetchOptions()).join("\n") + "\n", { mode: 0o600 });
  const args = [
    // A mount namespace of the build's own: whatever happens to it, no mount stays on the host.
    "--mount",
    "--propagation=slave",
    "mmdebstrap",
    "--mode=root",
    "--format=directory",
    "--variant=minbase",
    `--include=${recipe.PACKAGES.join(",")}`,
    "--dpkgopt=force-unsafe-io",
    ...recipe.DPKG_OPTIONS.map((option) => `--dpkgopt=${option}`),
    `--aptopt=${aptConf}`,
    `--customize-hook=chroot "$1" apt-get --quiet --yes autopurge ${recipe.PURGED_PACKAGES.join(" ")}`,
    recipe.SUITE,
    root,
    "-",
  ];
  try {
    const onLine = (line: string) => /^I: \w+ing /.test(line) && log(`  ${line.slice("I: ".length)}`);
    await run("unshare", args, { input: sources.join("\n") + "\n", onLine });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new Error(`mmdebstrap could not build the machine image (${error.status}):\n${error.stderr.trim()}`, {
      cause: error,
    });
  }
}
