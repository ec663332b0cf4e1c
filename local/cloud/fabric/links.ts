/** Links of a network namespace. */

import { ipBatch, ipJson } from "./namespaces";

export async function linkNames(namespace: string | undefined): Promise<string[]> {
  const links = await ipJson<{ ifname: string }>(namespace, ["link", "show"]);
  return links.map((link) => link.ifname);
}

export async function hasLink(namespace: string | undefined, name: string): Promise<boolean> {
  return (await linkNames(namespace)).includes(name);
}

/** Deletes a link together with its other end, if it exists. */
export async function deleteLink(namespace: string | undefined, name: string): Promise<void> {
  if (!(await hasLink(namespace, name))) return;
  try {
    await ipBatch(namespace, [`link del ${name}`]);
  } catch (error) {
    // The kernel removes a deleted namespace and its links in the background, so the link may have gone meanwhile.
    if (await hasLink(namespace, name)) throw error;
  }
}
