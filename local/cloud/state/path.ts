/** Paths of resources. A resource's path says where it lives. */
import { Path } from "./model";

/** Where a resource lives: `location` is undefined for global ones. */
export interface Place {
  project: string;
  scope: "global" | "regions" | "zones";
  location?: string;
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

/** The parts of a path; undefined when the text is not a resource's path. */
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
