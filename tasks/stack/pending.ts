/** What an update that was killed leaves in a stack's state, and how it is put right: pure functions on `pulumi stack export`. */

/** A resource in a stack's state. Values are as the engine wrote them, secrets encrypted. */
export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  /** URN::ID */
  provider?: string;
  parent?: string;
  dependencies?: string[];
  /** A copy that the engine has yet to delete. */
  delete?: boolean;
  /** It was deleted, and its successor is not made yet. */
  pendingReplacement?: boolean;
}

export type Identified = StateResource & { id: string };

export interface PendingOperation {
  resource: StateResource;
  type: "creating" | "updating" | "deleting" | "reading" | "importing";
}

/** The part of `pulumi stack export` that is read here. */
export interface Deployment {
  resources?: StateResource[];
  pending_operations?: PendingOperation[];
}

/** A deployment without pending operations. */
export interface Settled {
  deployment: Deployment;
  /** Resources that may exist in the cloud. Each is in the state now, with its id; a refresh removes it if it does not exist. */
  candidates: Identified[];
  /** Resources in the cloud whose change was interrupted. A refresh reads what they are now. */
  changed: StateResource[];
}

/** For each kind of resource of Compute Engine: where its path is in a project. */
const PATHS: Record<string, { scope: "global" | "regions" | "zones"; collection: string }> = {
  "gcp:compute/address:Address": { scope: "regions", collection: "addresses" },
  "gcp:compute/disk:Disk": { scope: "zones", collection: "disks" },
  "gcp:compute/firewall:Firewall": { scope: "global", collection: "firewalls" },
  "gcp:compute/forwardingRule:ForwardingRule": { scope: "regions", collection: "forwardingRules" },
  "gcp:compute/httpHealthCheck:HttpHealthCheck": { scope: "global", collection: "httpHealthChecks" },
  "gcp:compute/instance:Instance": { scope: "zones", collection: "instances" },
  "gcp:compute/network:Network": { scope: "global", collection: "networks" },
  "gcp:compute/route:Route": { scope: "global", collection: "routes" },
  "gcp:compute/subnetwork:Subnetwork": { scope: "regions", collection: "subnetworks" },
  "gcp:compute/targetPool:TargetPool": { scope: "regions", collection: "targetPools" },
};

/** The id that a resource of Compute Engine has, or will have: names are fixed. Undefined for every other kind of resource. */
export function cloudId({ type, inputs = {} }: StateResource, provider: Record<string, unknown>): string | undefined {
  const path = PATHS[type];
  if (path === undefined) return undefined;
  const place = {
    global: "global",
    regions: `regions/${text(inputs.region ?? provider.region)}`,
    zones: `zones/${text(inputs.zone ?? provider.zone)}`,
  }[path.scope];
  return `projects/${text(inputs.project ?? provider.project)}/${place}/${path.collection}/${text(inputs.name)}`;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

/**
 * Takes the pending operations out of a deployment. `more` are resources that an earlier look did not find in the cloud.
 * - creating a resource of the cloud: it gets its id and goes into the state.
 * - creating anything else: forgotten, because it is safe to make again. Keys live only in the state, steps do only what is
 *   left to do, and objects of Kubernetes are applied, whether they exist or not.
 * - updating a step: its last input goes, so that the step runs again even when the setting that changed is put back.
 */
export function settle(deployment: Deployment, more: StateResource[] = []): Settled {
  const operations = deployment.pending_operations ?? [];
  const resources = deployment.resources ?? [];
  const known = new Set(resources.map((r) => r.urn));
  const lives = new Set(resources.filter((r) => !r.delete && !r.pendingReplacement).map((r) => r.urn));
  const created = [...operations.filter((op) => op.type === "creating").map((op) => op.resource), ...more];
  const candidates = created.flatMap((resource) => {
    const { urn, parent = [], dependencies = [] } = resource;
    const id = cloudId(resource, providerInputs(resources, resource));
    // The engine refuses a state in which a resource refers to one that is missing.
    const fits = dependencies.concat(parent).every((other) => known.has(other));
    if (id === undefined || !fits || lives.has(urn)) return [];
    lives.add(urn);
    return [{ ...resource, id, outputs: {} }];
  });

  const interrupted = new Set(
    operations.filter((op) => op.type !== "creating" && op.type !== "reading").map((op) => op.resource.urn),
  );
  const successor = new Map(candidates.map((resource) => [resource.urn, resource]));
  const replaced = resources.map((resource) => {
    const next = resource.pendingReplacement ? successor.get(resource.urn) : undefined;
    if (next !== undefined) successor.delete(resource.urn);
    return next ?? (interrupted.has(resource.urn) ? toRunAgain(resource) : resource);
  });
  return {
    deployment: {
      ...deployment,
      resources: [...replaced, ...successor.values()],
      pending_operations: [],
    },
    candidates,
    changed: resources.filter(
      (r) =>
        PATHS[r.type] !== undefined && !r.delete && !r.pendingReplacement && (interrupted.has(r.urn) || isUnread(r)),
    ),
  };
}

/** Whether a resource was put into the state by `settle`, and the refresh after it was interrupted too. */
const isUnread = ({ outputs = {} }: StateResource) => Object.keys(outputs).length === 0;

/** Instances in a state, without copies that will be deleted. */
export const instancesIn = ({ resources = [] }: Deployment): StateResource[] =>
  resources.filter((r) => r.type === "gcp:compute/instance:Instance" && !r.delete && !r.pendingReplacement);

const providerInputs = (resources: StateResource[], { provider = "" }: StateResource) =>
  resources.find(({ urn, id }) => provider === `${urn}::${id}`)?.inputs ?? {};

const STEP = "command:remote:Command";

function toRunAgain(resource: StateResource): StateResource {
  if (resource.type !== STEP || resource.delete) return resource;
  const without = (values = {}) => Object.fromEntries(Object.entries(values).filter(([name]) => name !== "stdin"));
  return { ...resource, inputs: without(resource.inputs), outputs: without(resource.outputs) };
}

/** The last part of a URN: the resource's name in the program. */
export const nameIn = ({ urn }: Pick<StateResource, "urn">): string => urn.split("::").pop()!;
