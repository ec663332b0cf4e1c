/** Which permissions a request to Compute Engine needs: https://cloud.google.com/compute/docs/access/iam-permissions */

/** What else a request needs, besides the permission that its method names. */
const ALSO: Record<string, string[]> = {
  "compute.instances.create": [
    "compute.disks.create",
    "compute.instances.setMetadata",
    "compute.instances.setTags",
    "compute.subnetworks.use",
    "compute.subnetworks.useExternalIp",
    "compute.addresses.use",
  ],
  "compute.subnetworks.create": ["compute.networks.updatePolicy"],
  "compute.firewalls.create": ["compute.networks.updatePolicy"],
  "compute.firewalls.delete": ["compute.networks.updatePolicy"],
  "compute.routes.create": ["compute.networks.updatePolicy", "compute.instances.use"],
  "compute.routes.delete": ["compute.networks.updatePolicy"],
  "compute.targetPools.create": ["compute.httpHealthChecks.useReadOnly", "compute.instances.use"],
  "compute.targetPools.addInstance": ["compute.instances.use"],
  "compute.forwardingRules.create": ["compute.targetPools.use", "compute.addresses.use"],
};

const SCOPE = /^projects\/[^/]+(?:\/(?:global|aggregated|(?:regions|zones)\/[^/]+))?\/?/;
const BY_METHOD: Record<string, string> = { DELETE: "delete", PUT: "update", PATCH: "update" };
/** Methods whose permission has another name. */
const RENAMED: Record<string, string> = {
  "compute.projects.setCommonInstanceMetadata": "compute.projects.setCommonInstanceMetadata",
  "compute.instances.serialPort": "compute.instances.getSerialPortOutput",
  "compute.targetPools.getHealth": "compute.targetPools.get",
  "compute.operations.wait": "compute.operations.get",
};

/** The permissions for a request; `path` begins with `projects/`. */
export function permissionsOf(method: string, path: string): string[] {
  const [collection, name, verb] = path.replace(SCOPE, "").split("/").filter(Boolean);
  if (!collection)
    return [/\/(regions|zones)\/[^/]+$/.test(path) ? `compute.${locationIn(path)}.get` : "compute.projects.get"];
  const own = `compute.${collection}.${verbOf(method, name, verb)}`;
  const needed =
    collection.endsWith("Operations") || collection === "operations" ? `compute.${operationsIn(path)}.get` : own;
  return [RENAMED[needed] ?? needed, ...(ALSO[needed] ?? [])];
}

function verbOf(method: string, name?: string, verb?: string): string {
  if (verb) return verb;
  if (name === undefined) return method === "GET" ? "list" : "create";
  return BY_METHOD[method] ?? "get";
}

const locationIn = (path: string) => (path.includes("/regions/") ? "regions" : "zones");

/** Google has a permission for each scope of operations. */
const operationsIn = (path: string) =>
  path.includes("/regions/") ? "regionOperations" : path.includes("/zones/") ? "zoneOperations" : "globalOperations";
