/** Asks Google's APIs what a project lacks for a stack. Changes nothing. */
import { askGoogle, GoogleError } from "../../lib/google";
import { imageOf, PERMISSIONS, Planned, policies, PolicyNeed, quotas } from "./needs";

export interface Finding {
  what: string;
  /** "unknown" when Google does not tell. */
  state: "ok" | "missing" | "unknown";
  /** What was seen and, unless it is ok, the way out. */
  seen: string;
}

export interface Access {
  project: string;
  token: string;
  /** Base URLs, ending in `/`. */
  compute: string;
  resourceManager: string;
}

const CONSOLE = "https://console.cloud.google.com";

/** All findings, in the order in which they are best solved. */
export async function findings(access: Access, settings: Planned): Promise<Finding[]> {
  const [enabled, permissions, policy] = await Promise.all([
    api(access),
    permissionFindings(access),
    Promise.all(policies(settings, access.project).map((need) => policyFinding(access, need))),
  ]);
  // Without the API, Google answers none of the rest.
  const rest =
    enabled.state === "ok"
      ? await inCompute(access, settings).catch((error) => [unknown("machine type, image, quotas", error)])
      : [];
  return [enabled, permissions, ...policy, ...rest];
}

const get = <T>({ compute, project, token }: Access, path: string) =>
  askGoogle<T>("GET", `${compute}projects/${project}${path}`, { token });

async function api(access: Access): Promise<Finding> {
  const what = "Compute Engine API";
  const error = await get(access, "").then(
    () => undefined,
    (reason: unknown) => reason as GoogleError,
  );
  if (!error) return { what, state: "ok", seen: "enabled" };
  if (error.reason === "accessNotConfigured") {
    const wayOut = `gcloud services enable compute.googleapis.com --project ${access.project}`;
    return { what, state: "missing", seen: `not enabled. Run: ${wayOut}` };
  }
  if (error.status === undefined) return { what, state: "unknown", seen: error.message };
  return { what, state: "missing", seen: `the project ${access.project} refuses: ${error.message}` };
}

/** Asks the resource manager, on the quota of the project, which credentials of a person need. */
const ask = <T>({ resourceManager, project, token }: Access, verb: string, body: object) =>
  askGoogle<T>("POST", `${resourceManager}projects/${project}:${verb}`, {
    token,
    body,
    headers: { "x-goog-user-project": project },
  });

/** The finding for something that Google does not tell. */
const unknown = (what: string, error: unknown): Finding => {
  const wayOut =
    (error as GoogleError).reason === "accessNotConfigured"
      ? ". To let this check ask, run: gcloud services enable cloudresourcemanager.googleapis.com"
      : "";
  return { what, state: "unknown", seen: `Google does not tell: ${(error as Error).message}${wayOut}` };
};

async function permissionFindings(access: Access): Promise<Finding> {
  const what = "permissions";
  try {
    const granted = await ask<{ permissions?: string[] }>(access, "testIamPermissions", { permissions: PERMISSIONS });
    const missing = PERMISSIONS.filter((permission) => !granted.permissions?.includes(permission));
    if (missing.length === 0) return { what, state: "ok", seen: `all ${PERMISSIONS.length}` };
    const seen = `${missing.length} of ${PERMISSIONS.length} are missing: ${missing.join(", ")}. The role roles/compute.admin has all`;
    return { what, state: "missing", seen };
  } catch (error) {
    return unknown(what, error);
  }
}

interface Policy {
  booleanPolicy?: { enforced?: boolean };
  listPolicy?: { allValues?: string; allowedValues?: string[]; deniedValues?: string[] };
}

async function policyFinding(access: Access, { constraint, values, why }: PolicyNeed): Promise<Finding> {
  const what = `policy ${constraint}`;
  try {
    const body = { constraint: `constraints/${constraint}` };
    const problem = inTheWay(await ask<Policy>(access, "getEffectiveOrgPolicy", body), values);
    if (!problem) return { what, state: "ok", seen: "allows it" };
    return {
      what,
      state: "missing",
      seen: `${problem}, but ${why}. Ask your organization for an exception for this project`,
    };
  } catch (error) {
    return unknown(what, error);
  }
}

/** Why a policy stops a stack; undefined when it does not. */
export function inTheWay({ booleanPolicy, listPolicy = {} }: Policy, values: string[][] = []): string | undefined {
  if (booleanPolicy?.enforced) return "is enforced";
  const { allValues, allowedValues, deniedValues = [] } = listPolicy;
  if (allValues === "DENY") return "denies all";
  const without = (value: string) => value.replace(/^is:/, "");
  const [denied, allowed] = [deniedValues.map(without), allowedValues?.map(without)];
  const refused = values.find(
    (spellings) =>
      spellings.some((s) => denied.includes(s)) || (allowed && !spellings.some((s) => allowed.includes(s))),
  );
  return refused && `does not allow ${refused[0]}`;
}

interface Quota {
  metric: string;
  limit: number;
  usage: number;
}

/** What Compute Engine itself tells: machine type, image, quotas. */
async function inCompute(access: Access, settings: Planned): Promise<Finding[]> {
  const { name, region, machineType, image } = settings;
  const zones = [...new Set(settings.zones)];
  const types = await Promise.all(
    zones.map((zone) => found<{ guestCpus: number }>(access, `/zones/${zone}/machineTypes/${machineType}`)),
  );
  const without = zones.filter((_, i) => types[i] === undefined);
  const what = `machine type ${machineType}`;
  const offered: Finding =
    without.length === 0
      ? { what, state: "ok", seen: `offered in ${zones.join(", ")}` }
      : {
          what,
          state: "missing",
          seen: `not offered in ${without.join(", ")}. Set hardway:machineType or hardway:zones`,
        };
  const cpus = types.find((type) => type)?.guestCpus ?? 0;
  return [offered, await imageFinding(access, image), ...(await quotaFindings(access, settings, name, region, cpus))];
}

const found = <T>(access: Access, path: string): Promise<T | undefined> =>
  get<T>(access, path).catch((error: GoogleError) => {
    if (error.status === 404) return undefined;
    throw error;
  });

async function imageFinding(access: Access, image: string): Promise<Finding> {
  const what = `image ${image}`;
  const named = imageOf(image);
  if (!named) return { what, state: "unknown", seen: "not asked for, because it is no family of a project" };
  const one = await found<{ name: string }>(
    { ...access, project: named.project },
    `/global/images/family/${named.family}`,
  );
  return one
    ? { what, state: "ok", seen: one.name }
    : { what, state: "missing", seen: "not found. Set hardway:image to PROJECT/FAMILY" };
}

async function quotaFindings(
  access: Access,
  settings: Planned,
  name: string,
  region: string,
  cpus: number,
): Promise<Finding[]> {
  if (await found(access, `/global/networks/${name}`))
    return [{ what: "quotas", state: "ok", seen: `the network ${name} is there, so the stack has what it needs` }];
  const [ofRegion, ofProject] = await Promise.all([
    get<{ quotas?: Quota[] }>(access, `/regions/${region}`),
    get<{ quotas?: Quota[] }>(access, ""),
  ]);
  const has = ofRegion.quotas ?? [];
  const needed = quotas(
    settings,
    cpus,
    has.map(({ metric }) => metric),
  );
  return [
    ...compared(needed.regional, has, `in ${region}`, access.project),
    ...compared(needed.global, ofProject.quotas ?? [], "of the project", access.project),
  ];
}

function compared(needed: Record<string, number>, has: Quota[], where: string, project: string): Finding[] {
  const wayOut = `. Ask for more: ${CONSOLE}/iam-admin/quotas?project=${project}`;
  return has
    .filter(({ metric }) => needed[metric] !== undefined)
    .map(({ metric, limit, usage }) => {
      const enough = needed[metric]! <= limit - usage;
      const seen = `${needed[metric]} needed, ${limit - usage} left of ${limit}${enough ? "" : wayOut}`;
      return { what: `quota ${metric} ${where}`, state: enough ? "ok" : "missing", seen };
    });
}
