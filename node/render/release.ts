import { directories } from "../layout";
import { publishHostKey } from "./hostKey";
import { library, sideBySide } from "./script";

/** Programs of one published version, for example of Kubernetes. */
export interface Release {
  /** The directory on the machine. Each version has a separate one. */
  directory: string;
  /** Shell commands that download and verify the programs, unless they are there. They may run at the same time. */
  fetch: string[];
  /** Their names in `directory`. */
  programs: string[];
  /** The directory that gets links to the programs. When absent, that of a machine's own programs. */
  linkedIn?: string;
}

/** Shell commands that install the programs. */
export function renderReleases(releases: Release[]): string[] {
  const link = ({ directory, programs, linkedIn = directories.binaries }: Release) =>
    programs.map((name) => `link ${directory}/${name} ${linkedIn}/${name}`);
  return [...sideBySide(releases.flatMap((release) => release.fetch)), ...releases.flatMap(link)];
}

/**
 * A startup script that publishes the host key at each boot, and downloads `releases` at a machine's first boot, before anybody
 * can log in. The downloads only save time: a step waits for them, downloads what is missing and reports errors. No program is
 * used until a step installs it.
 */
export function prefetchScript(releases: Release[]): string {
  const commands = sideBySide(releases.flatMap((release) => release.fetch));
  return [
    "#!/bin/bash",
    "main() {",
    publishHostKey,
    `[ ! -e ${directories.releases} ] || exit 0`,
    library("releases"),
    ...commands,
    "}",
    "main; exit\n",
  ].join("\n");
}
