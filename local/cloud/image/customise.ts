/** The second step of building a machine image: changes Debian into the system of a machine. */

import { chmod, copyFile, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { run } from "../run";
import * as recipe from "./recipe";

/** Applies the recipe to a root file system that has its packages. The recipe's hash depends on the text of this file. */
export async function customise(root: string): Promise<void> {
  for (const { path, mode } of recipe.FILES) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(recipe.sourceOf(path), target);
    await chmod(target, mode);
  }
  await run("chroot", [root, "groupadd", "--system", "google-sudoers"]);
  const systemctl = (verb: string, units: readonly string[]) =>
    run("chroot", [root, "systemctl", "--quiet", verb, ...units]);
  await systemctl("disable", recipe.DISABLED_UNITS);
  await systemctl("mask", recipe.MASKED_UNITS);
  await systemctl("enable", recipe.ENABLED_UNITS);
  await systemctl("set-default", ["multi-user.target"]);
  // Generators make units from fstab, the kernel command line and disk partitions, which a container does not have.
  const masks = join(root, "etc/systemd/system-generators");
  await mkdir(masks, { recursive: true });
  for (const generator of await readdir(join(root, "usr/lib/systemd/system-generators"))) {
    await symlink("/dev/null", join(masks, generator));
  }
  for (const path of recipe.REMOVED_FILES) await rm(join(root, path), { force: true });
  const { directory, prefix } = recipe.REMOVED_GLOB;
  for (const entry of await readdir(join(root, directory))) {
    if (entry.startsWith(prefix)) await rm(join(root, directory, entry));
  }
  // Without a resolver, because the only name that a machine needs is in /etc/hosts.
  await writeFile(join(root, "etc/resolv.conf"), "");
}
