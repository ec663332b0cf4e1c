/** Self links and references: every resource has one path, and may be named by URL, by path or by its bare name. */
import { Path } from "../state/model";
import { invalid } from "./errors";

/** The real API's prefix: Google's provider refuses self links without it. */
export const PREFIX = "https://www.googleapis.com/compute/v1/";

/** Where a resource lives: `location` is undefined for global ones. */
export interface Place {
  project: string;
  scope: "global" | "regions" | "zones";
  location?: string;
}

export function link(path: Path): string {
  return PREFIX + path;
}

export function scopePath({ project, scope, location }: Place): string {
  return scope === "global" ? `projects/${project}/global` : `projects/${project}/${scope}/${location}`;
}

export function pathOf(place: Place, collection: string, name: string): Path {
  return `${scopePath(place)}/${collection}/${name}`;
}

export interface ParsedPath extends Place {
  collection: string;
  name: string;
}

const PATH = /^projects\/([^/]+)\/(?:(global)|(regions|zones)\/([^/]+))\/([^/]+)\/(?:family\/)?([^/]+)$/;

export function parsePath(path: Path): ParsedPath | undefined {
  const match = PATH.exec(path);
  if (!match) return undefined;
  const [, project, global, scope, location, collection, name] = match;
  return {
    project: project!,
    scope: global ? "global" : (scope as "regions" | "zones"),
    location,
    collection: collection!,
    name: name!,
  };
}

export function nameOf(path: Path): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A region's or zone's own link. */
export function locationLink(project: string, scope: "regions" | "zones", location: string): string {
  return link(`projects/${project}/${scope}/${location}`);
}

const URL_PREFIX = /^https?:\/\/[^/]+\/compute\/(?:v1|beta|alpha)\//;

/**
 * The path that a reference means: a full URL of any host, `projects/…`, `global/…`, `regions/…`, `zones/…`, or a bare name
 * that is looked for in `place`. Throws Google's "malformed" error for anything else.
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
