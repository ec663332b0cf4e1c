/** Routes for a kind of resource: insert, get, list, aggregatedList, delete, and the methods that only this kind has. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { REGIONS, ZONES } from "../../../lib/regions";
import { newId, timestamp } from "../state/ids";
import { CloudState, Collection, Path, Resource } from "../state/model";
import { Cloud } from "../engine/cloud";
import { operate } from "./operate";
import { alreadyExists, inUse, invalid, notFound } from "./errors";
import { link, locationLink } from "./links";
import { parsePath, pathOf, Place, scopePath } from "../state/path";
import { aggregate, list } from "./listing";
import { withinQuotas } from "./restrictions/quotas";

type Of<C extends Collection> = CloudState[C][Path];
type New<C extends Collection> = Omit<Of<C>, "id" | "creationTimestamp">;

export interface Kind<C extends Collection> {
  collection: C;
  /** The `kind` field, e.g. `compute#network`. */
  kind: string;
  /** The kind in messages, such as "network" in "The network resource … is already being used". */
  label: string;
  scope: Place["scope"];
  /** Checks a body and makes the resource from it. May also add other resources to the draft (an instance's disk). */
  create(draft: CloudState, place: Place, body: unknown): New<C>;
  /** The answer's fields, without those that every resource has. */
  render(state: CloudState, path: Path, resource: Of<C>): object;
  /** A resource that needs this one, which therefore cannot be deleted. */
  user?(state: CloudState, path: Path, resource: Of<C>): Path | undefined;
  /** Starts a deletion that the operation completes. Without it, the resource is removed at once. */
  beginDelete?(draft: CloudState, path: Path, resource: Of<C>): void;
}

export const API = "/compute/v1";

/** The pattern of a route up to the location. */
export function scopePattern(scope: Place["scope"]): string {
  return `${API}/projects/:project/${scope === "global" ? "global" : `${scope}/:location`}`;
}

/** The place in a request's path. Throws when the project's name is malformed, or the region or zone is unknown. */
export function placeOf(request: FastifyRequest, scope: Place["scope"]): Place {
  const { project, location } = request.params as { project: string; location?: string };
  checkProject(project);
  const known = scope === "zones" ? ZONES : REGIONS;
  if (scope !== "global" && !known.includes(location!)) {
    const type = scope.slice(0, -1);
    throw invalid(type, location, `Unknown ${type}.`);
  }
  return { project, scope, location };
}

/** Throws when a project's name is malformed. It may be shorter than Google's minimum of six characters. */
export function checkProject(project: string): void {
  if (!/^[a-z]([-a-z0-9.:]{0,61}[a-z0-9])?$/.test(project)) {
    throw invalid("project", project, "Must be lower-case letters, digits and hyphens, starting with a letter.");
  }
}

export function table<C extends Collection>(state: CloudState, collection: C): Record<Path, Of<C>> {
  return state[collection] as Record<Path, Of<C>>;
}

/** The resource at a path. Throws Google's 404 error when there is none. */
export function get<C extends Collection>(state: CloudState, collection: C, path: Path): Of<C> {
  const resource = table(state, collection)[path];
  if (!resource) throw notFound(path);
  return resource;
}

export function rendered<C extends Collection>(kind: Kind<C>, state: CloudState, path: Path) {
  const resource = get(state, kind.collection, path) as Of<C> & Resource;
  const { project, scope, location } = parsePath(path)!;
  return {
    kind: kind.kind,
    id: resource.id,
    creationTimestamp: resource.creationTimestamp,
    name: resource.name,
    ...(resource.description && { description: resource.description }),
    ...(scope !== "global" && { [scope.slice(0, -1)]: locationLink(project, scope, location!) }),
    selfLink: link(path),
    ...kind.render(state, path, resource),
  };
}

/** Adds a new resource and returns its id. Throws when the name is taken. */
export function add<C extends Collection>(draft: CloudState, collection: C, place: Place, made: New<C>): string {
  const path = pathOf(place, collection, (made as unknown as Resource).name);
  if (table(draft, collection)[path]) throw alreadyExists(path);
  const resource = { id: newId(), creationTimestamp: timestamp(), ...made } as unknown as Of<C> & Resource;
  table(draft, collection)[path] = resource;
  return resource.id;
}

export function registerKind<C extends Collection>(app: FastifyInstance, cloud: Cloud, kind: Kind<C>): void {
  const { collection, scope } = kind;
  const base = `${scopePattern(scope)}/${collection}`;
  const pathIn = (request: FastifyRequest) => {
    const place = placeOf(request, scope);
    return { place, path: pathOf(place, collection, (request.params as { name: string }).name) };
  };
  const below = (prefix: string) =>
    Object.keys(table(cloud.store.state, collection))
      .filter((path) => path.startsWith(prefix) && parsePath(path)?.scope === scope)
      .map((path) => rendered(kind, cloud.store.state, path));

  app.post(base, (request) => {
    const place = placeOf(request, scope);
    const name = (request.body as { name?: unknown } | null | undefined)?.name;
    const path = pathOf(place, collection, String(name));
    return operate(cloud, request, place, "insert", path, (draft) => {
      if (table(draft, collection)[path]) throw alreadyExists(path);
      return withinQuotas(draft, place, () => add(draft, collection, place, kind.create(draft, place, request.body)));
    });
  });

  app.get(base, (request) => {
    const path = `${scopePath(placeOf(request, scope))}/${collection}`;
    return list(kind.kind, path, below(`${path}/`), request.query);
  });

  app.get(`${base}/:name`, (request) => rendered(kind, cloud.store.state, pathIn(request).path));

  app.delete(`${base}/:name`, (request) => {
    const { place, path } = pathIn(request);
    return operate(cloud, request, place, "delete", path, (draft) => {
      const resource = get(draft, collection, path);
      const user = kind.user?.(draft, path, resource);
      if (user) throw inUse(kind.label, path, user);
      if (kind.beginDelete) kind.beginDelete(draft, path, resource);
      else delete table(draft, collection)[path];
      return (resource as Resource).id;
    });
  });

  if (scope === "global") return;
  app.get(`${API}/projects/:project/aggregated/${collection}`, (request) => {
    const { project } = placeOf(request, "global");
    return aggregate(kind.kind, project, collection, scope, below(`projects/${project}/`), request.query);
  });
}

export type Method = "POST" | "PATCH" | "PUT";

/**
 * Adds a method that only this kind has, such as `POST …/instances/x/setTags`. An empty verb stands for the resource itself
 * (PATCH, PUT). `change` gets the draft and the resource in it, and may change both.
 */
export function registerMethod<C extends Collection>(
  app: FastifyInstance,
  cloud: Cloud,
  kind: Kind<C>,
  method: Method,
  verb: string,
  change: (draft: CloudState, path: Path, resource: Of<C>, request: FastifyRequest) => void,
  operationType = verb,
): void {
  const url = `${scopePattern(kind.scope)}/${kind.collection}/:name${verb && `/${verb}`}`;
  app.route({
    method,
    url,
    handler: (request) => {
      const place = placeOf(request, kind.scope);
      const path = pathOf(place, kind.collection, (request.params as { name: string }).name);
      return operate(cloud, request, place, operationType || method.toLowerCase(), path, (draft) => {
        const resource = get(draft, kind.collection, path);
        change(draft, path, resource, request);
        return (resource as Resource).id;
      });
    },
  });
}
