/** Links of a namespace. */

import { ipBatch, ipJson } from "./namespaces";

export async function hasLink(namespace: string | undefined, name: string): Promise<boolean> {
  const links = await ipJson<{ ifname: string }>(namespace, ["link", "show"]);
  return links.some((link) => link.ifname === name);
}

/** Deletes a link, and its other end with it; nothing happens when there is none. */
export async function deleteLink(namespace: string | undefined, name: string): Promise<void> {
  if (!(await hasLink(namespace, name))) return;
  try {
    await ipBatch(namespace, [`link del ${name}`]);
  } catch (error) {
    // The kernel ends a namespace, and the links into it, some time after its name is gone: it may have been faster.
    if (await hasLink(namespace, name)) throw error;
  }
}
