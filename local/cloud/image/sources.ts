/** Where Debian's packages come from: wherever this host's own apt has been told to get them. */

import { run } from "../run";
import { SUITE } from "./recipe";

/** One package index that the host's apt knows. */
interface Target {
  uri: string;
  label: string;
}

const LABEL_MAIN = "Debian";
const LABEL_SECURITY = "Debian-Security";
/** A setting for hosts whose apt knows no Debian mirror (Ubuntu, say): the address of one. */
export const MIRROR_VARIABLE = "HARDWAY_DEBIAN_MIRROR";

async function targets(): Promise<Target[]> {
  const format = "$(REPO_URI) $(LABEL)";
  const text = await run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  return text
    .split("\n")
    .map((line) => line.trim().split(" "))
    .flatMap(([uri, label]) => (uri && label ? [{ uri, label }] : []));
}

/**
 * Lines for a sources.list of the image's release: the release, its updates and, where known, its security updates.
 * Throws when the host knows no Debian mirror, naming the setting that gives one.
 */
export async function debianSources(log: (line: string) => void): Promise<string[]> {
  const own = process.env[MIRROR_VARIABLE];
  if (own) return [`deb ${own} ${SUITE} main`];
  let known = await targets();
  if (!known.some((target) => target.label === LABEL_MAIN)) {
    // The label is known only once the index has been fetched, which a minimal host may not have done yet.
    log("Reading the package lists that this host's apt is configured for");
    await run("apt-get", ["update"]);
    known = await targets();
  }
  const main = known.find((target) => target.label === LABEL_MAIN);
  if (!main) {
    throw new Error(
      `This host's apt knows no Debian mirror to build the machines from. Set ${MIRROR_VARIABLE} to the address of one.`,
    );
  }
  const security = known.find((target) => target.label === LABEL_SECURITY);
  return [
    `deb ${main.uri} ${SUITE} main`,
    `deb ${main.uri} ${SUITE}-updates main`,
    ...(security ? [`deb ${security.uri} ${SUITE}-security main`] : []),
  ];
}

/** The host's apt settings for fetching (proxies, credentials, checks), as lines of an apt.conf. */
export async function aptFetchOptions(): Promise<string[]> {
  const text = await run("apt-config", ["dump"]);
  const wanted = /^(Acquire::(https?|ftp|Check-[A-Za-z-]+|Retries|ForceIPv[46])\b|Dir::Etc::netrc)/;
  const [lines, etc] = [text.split("\n"), "/etc/apt"];
  return lines
    .filter((line) => wanted.test(line) && !/ "";$/.test(line))
    .map((line) => line.replace(/^(Dir::Etc::netrc\w*) "([^/].*)";$/, `$1 "${etc}/$2";`));
}
