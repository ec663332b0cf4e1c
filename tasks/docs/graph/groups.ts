import { Recorded } from "./record";

/** A component of index.ts with all of its children, or resources without a component. Replicas are one group. */
export interface Group {
  name: string;
  /** The component's class; undefined for resources without a component. */
  component?: string;
  replicas: number;
  /** Types (PACKAGE.NAME) and numbers of resources in one replica. */
  holds: { type: string; count: number }[];
}

export interface Graph {
  groups: Group[];
  /** Names of groups: the second uses something of the first. Leaves out edges that follow from others. */
  edges: [string, string][];
}

/** Groups the resources by component. Throws when a resource uses one that was not recorded. */
export function group(resources: Recorded[]): Graph {
  const byName = new Map(resources.map((resource) => [resource.name, resource]));
  const rootOf = (name: string): Recorded => {
    const resource = byName.get(name);
    if (resource === undefined) throw new Error(`no resource ${name} was recorded`);
    return resource.parent !== undefined && byName.has(resource.parent) ? rootOf(resource.parent) : resource;
  };
  const groupOf = (name: string) => groupName(rootOf(name));

  const groups = new Map<string, Recorded[]>();
  const edges = new Map<string, Set<string>>();
  for (const resource of resources) {
    const name = groupOf(resource.name);
    groups.set(name, [...(groups.get(name) ?? []), resource]);
    const sources = edges.get(name) ?? new Set();
    for (const used of resource.uses.map(groupOf)) if (used !== name) sources.add(used);
    edges.set(name, sources);
  }
  return {
    groups: [...groups].map(([name, members]) => describe(name, members)),
    edges: [...edges].flatMap(([to, sources]) =>
      [...sources]
        .filter((from) => ![...sources].some((other) => other !== from && reaches(edges, other, from)))
        .map((from): [string, string] => [from, to]),
    ),
  };
}

const isComponent = ({ type }: Recorded) => type.startsWith("hardway:");

/** Replicas share a name, and so do the key, request and certificate of one identity. */
const groupName = (root: Recorded) =>
  isComponent(root) ? root.name.replace(/-controller-\d+$/, "") : root.name.replace(/-(key|request|certificate)$/, "");

/** Whether `name` uses `source`, directly or through others. */
const reaches = (edges: Map<string, Set<string>>, name: string, source: string): boolean =>
  [...(edges.get(name) ?? [])].some((next) => next === source || reaches(edges, next, source));

function describe(name: string, members: Recorded[]): Group {
  const roots = members.filter((member) => groupName(member) === name && isComponent(member) && !member.parent);
  const replicas = Math.max(1, roots.length);
  const counts = new Map<string, number>();
  for (const { type } of members.filter((member) => !isComponent(member)))
    counts.set(shortType(type), (counts.get(shortType(type)) ?? 0) + 1 / replicas);
  const holds = [...counts].map(([type, count]) => ({ type, count: Math.round(count) }));
  return { name, component: roots[0]?.type.split(":").pop(), replicas, holds };
}

/** `gcp:compute/network:Network` as gcp.Network; a provider as PACKAGE.Provider. */
function shortType(type: string): string {
  const [first, middle, last] = type.split(":") as [string, string, string];
  return middle === "providers" ? `${last}.Provider` : `${first}.${last}`;
}
