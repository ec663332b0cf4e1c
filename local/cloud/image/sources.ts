/** The mirrors for Debian's packages: those that this host's apt is configured to use. */

import { run } from "../run";
import { SUITE } from "./recipe";

/** A package index that the host's apt is configured to use. */
interface Target {
  uri: string;
  label: string;
}

const LABEL_MAIN = "Debian";
const LABEL_SECURITY = "Debian-Security";
/** The environment variable with the URL of a Debian mirror, for hosts whose apt uses none, such as Ubuntu. */
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
 * Lines for the image's sources.list: the release, its updates and, if the host's apt uses them, its security updates.
 * Throws when the host's apt uses no Debian mirror, and names the variable that sets one.
 */
export async function debianSources(log: (line: string) => void): Promise<string[]> {
  const own = process.env[MIRROR_VARIABLE];
  if (own) return [`deb ${own} ${SUITE} main`];
  let known = await targets();
  if (!known.some((target) => target.label === LABEL_MAIN)) {
    // apt knows an index's label only after it has fetched the index. A minimal host may not have done that yet.
    log("Reading the package lists that this host's apt is configured for");
    await run("apt-get", ["update"]);
    known = await targets();
  }
  const main = known.find((target) => target.label === LABEL_MAIN);
  if (!main) {
    throw new Error(
      `This host's apt uses no Debian mirror, from which the machine image is built. Set ${MIRROR_VARIABLE} to the URL of one.`,
    );
  }
  const security = known.find((target) => target.label === LABEL_SECURITY);
  return [
    `deb ${main.uri} ${SUITE} main`,
    `deb ${main.uri} ${SUITE}-updates main`,
    ...(security ? [`deb ${security.uri} ${SUITE}-security main`] : []),
  ];
}

/** The host's settings for apt's downloads (proxies, credentials, checks), as lines of an apt.conf. */
export async function aptFetchOptions(): Promise<string[]> {
  const text = await run("apt-config", ["dump"]);
  const wanted = /^(Acquire::(https?|ftp|Check-[A-Za-z-]+|Retries|ForceIPv[46])\b|Dir::Etc::netrc)/;
  const [lines, etc] = [text.split("\n"), "/etc/apt"];
  return lines
    .filter((line) => wanted.test(line) && !/ "";$/.test(line))
    .map((line) => line.replace(/^(Dir::Etc::netrc\w*) "([^/].*)";$/, `$1 "${etc}/$2";`));
}
