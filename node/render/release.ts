import { directories } from "../layout";
import { library, sideBySide } from "./script";

/** Programs of one version, as they are published. */
export interface Release {
  /** Where they are kept on the machine; each version in a directory of its own. */
  directory: string;
  /** Shell commands that bring them there, checked, unless they are there; any number of them side by side. */
  fetch: string[];
  /** Their names in `directory`. */
  programs: string[];
}

/** Shell commands after which the programs can be called. */
export function renderReleases(releases: Release[]): string[] {
  const link = ({ directory, programs }: Release) =>
    programs.map((name) => `link ${directory}/${name} ${directories.binaries}/${name}`);
  return [...sideBySide(releases.flatMap((release) => release.fetch)), ...releases.flatMap(link)];
}

/**
 * A startup script that fetches `releases` at a machine's first boot, while nobody can log in yet. It only saves time: the
 * steps wait for it or do the same, and tell what goes wrong. Nothing of it is used until a step says so.
 */
export function prefetchScript(releases: Release[]): string {
  const commands = sideBySide(releases.flatMap((release) => release.fetch));
  return [
    "#!/bin/bash",
    "main() {",
    `[ ! -e ${directories.releases} ] || exit 0`,
    library("releases"),
    ...commands,
    "}",
    "main; exit\n",
  ].join("\n");
}
