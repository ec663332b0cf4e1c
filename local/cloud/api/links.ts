/** Self links and references: a caller may name a resource by its URL, by its path or by its bare name. */
import { Path } from "../state/model";
import { parsePath, pathOf, Place } from "../state/path";
import { invalid } from "./errors";

/** The prefix of Google's own API. Google's provider refuses self links without it. */
export const PREFIX = "https://www.googleapis.com/compute/v1/";

export function link(path: Path): string {
  return PREFIX + path;
}

/** The self link of a region or zone. */
export function locationLink(project: string, scope: "regions" | "zones", location: string): string {
  return link(`projects/${project}/${scope}/${location}`);
}

const URL_PREFIX = /^https?:\/\/[^/]+\/compute\/(?:v1|beta|alpha)\//;

/**
 * The path for a reference: a full URL with any host, `projects/…`, `global/…`, `regions/…`, `zones/…`, or a bare name in
 * `place`. Throws Google's "malformed" error for anything else.
 */
export function reference(field: string, value: string, place: Place, collection: string): Path {
  const text = value.replace(URL_PREFIX, "").replace(/^\/+/, "");
  let path = text;
  if (/^(global|regions|zones)\//.test(text)) path = `projects/${place.project}/${text}`;
  else if (/^[a-z0-9]([-_a-z0-9.]*[a-z0-9])?$/.test(text)) path = pathOf(place, collection, text);
  const parsed = parsePath(path);
  if (!parsed || parsed.collection !== collection) {
    throw invalid(field, value, `The URL is malformed. Must be the URL of one of '${collection}'.`);
  }
  if (parsed.scope !== place.scope) {
    throw invalid(field, value, `The resource must be of scope '${place.scope}'.`);
  }
  return path;
}
