import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { regionOfZone } from "../../../lib/regions";
import { memberHealth } from "../state/queries";
import { Path, TargetPool } from "../state/model";
import { Cloud } from "../engine/cloud";
import { ApiError, invalid, notEmulated, notFound } from "./errors";
import { get, Kind, placeOf, registerKind, registerMethod, scopePattern } from "./kind";
import { link, reference } from "./links";
import { parsePath, pathOf, Place } from "../state/path";
import { check, resource, resourceName } from "./schema";

const Body = resource({
  name: resourceName,
  instances: z.array(z.string()).default([]),
  healthChecks: z.array(z.string()).default([]),
  sessionAffinity: z.enum(["NONE", "CLIENT_IP", "CLIENT_IP_PROTO"]).default("NONE"),
  backupPool: z.string().optional(),
  failoverRatio: z.number().optional(),
});
const Members = z.strictObject({ instances: z.array(z.strictObject({ instance: z.string() })).default([]) });
const Checks = z.strictObject({ healthChecks: z.array(z.strictObject({ healthCheck: z.string() })).default([]) });
const Member = z.strictObject({ instance: z.string() });

/** The path of a member. The instance need not exist, as on Google Cloud, but must be in the pool's region. */
function member(field: string, text: string, place: Place): Path {
  const path = reference(field, text, { project: place.project, scope: "zones", location: "-" }, "instances");
  const { location } = parsePath(path)!;
  if (regionOfZone(location!) !== place.location) {
    throw invalid(field, text, `Members must be in the target pool's region '${place.location}'.`);
  }
  return path;
}

function healthCheck(draft: { httpHealthChecks: object }, field: string, text: string, place: Place): Path {
  const path = reference(field, text, { project: place.project, scope: "global" }, "httpHealthChecks");
  if (!(path in draft.httpHealthChecks)) throw notFound(path);
  return path;
}

function checkSingle(healthChecks: Path[]): void {
  if (healthChecks.length <= 1) return;
  throw new ApiError(400, "invalid", "A target pool can have at most one health check.");
}

const union = (a: Path[], b: Path[]) => [...new Set([...a, ...b])];

export const targetPools: Kind<"targetPools"> = {
  collection: "targetPools",
  kind: "compute#targetPool",
  label: "target_pool",
  scope: "regions",

  create(draft, place, body) {
    const wanted = check(Body, body);
    if (wanted.backupPool || wanted.failoverRatio) throw notEmulated("backup pools (backupPool, failoverRatio)");
    const healthChecks = wanted.healthChecks.map((text, index) =>
      healthCheck(draft, `resource.healthChecks[${index}]`, text, place),
    );
    checkSingle(healthChecks);
    const instances = wanted.instances.map((text, index) => member(`resource.instances[${index}]`, text, place));
    return {
      name: wanted.name,
      description: wanted.description,
      instances: union(instances, []),
      healthChecks,
      sessionAffinity: wanted.sessionAffinity,
    };
  },

  render(_state, _path, pool: TargetPool) {
    return {
      ...(pool.instances.length > 0 && { instances: pool.instances.map(link) }),
      ...(pool.healthChecks.length > 0 && { healthChecks: pool.healthChecks.map(link) }),
      sessionAffinity: pool.sessionAffinity,
    };
  },

  user: (state, path) =>
    Object.keys(state.forwardingRules).find((rule) => state.forwardingRules[rule]!.target === path),
};

export function targetPoolRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, targetPools);

  const members = (request: FastifyRequest) => {
    const place = placeOf(request, "regions");
    return check(Members, request.body, "request").instances.map(({ instance }, index) =>
      member(`request.instances[${index}].instance`, instance, place),
    );
  };
  registerMethod(app, cloud, targetPools, "POST", "addInstance", (_draft, _path, pool, request) => {
    pool.instances = union(pool.instances, members(request));
  });
  registerMethod(app, cloud, targetPools, "POST", "removeInstance", (_draft, _path, pool, request) => {
    const leaving = members(request);
    const stranger = leaving.find((path) => !pool.instances.includes(path));
    if (stranger) {
      const must = "Instance is not currently attached to this target pool.";
      throw invalid("resource.instance", link(stranger), must);
    }
    pool.instances = pool.instances.filter((path) => !leaving.includes(path));
  });

  registerMethod(app, cloud, targetPools, "POST", "addHealthCheck", (draft, _path, pool, request) => {
    const place = placeOf(request, "regions");
    const more = check(Checks, request.body, "request").healthChecks.map((one, index) =>
      healthCheck(draft, `request.healthChecks[${index}].healthCheck`, one.healthCheck, place),
    );
    pool.healthChecks = union(pool.healthChecks, more);
    checkSingle(pool.healthChecks);
  });
  registerMethod(app, cloud, targetPools, "POST", "removeHealthCheck", (draft, _path, pool, request) => {
    const place = placeOf(request, "regions");
    const leaving = check(Checks, request.body, "request").healthChecks.map((one, index) =>
      healthCheck(draft, `request.healthChecks[${index}].healthCheck`, one.healthCheck, place),
    );
    pool.healthChecks = pool.healthChecks.filter((path) => !leaving.includes(path));
  });

  app.post(`${scopePattern("regions")}/targetPools/:name/getHealth`, (request) => {
    const place = placeOf(request, "regions");
    const { state } = cloud.store;
    const poolPath = pathOf(place, "targetPools", (request.params as { name: string }).name);
    const pool = get(state, "targetPools", poolPath);
    const { instance: text } = check(Member, request.body, "instanceReference");
    const instance = member("instanceReference.instance", text, place);
    if (!pool.instances.includes(instance) || !state.instances[instance]) throw notFound(instance);
    const rules = Object.values(state.forwardingRules).filter((rule) => rule.target === poolPath);
    return {
      kind: "compute#targetPoolInstanceHealth",
      healthStatus: [...new Set(rules.map((rule) => rule.IPAddress))].map((ipAddress) => ({
        ipAddress,
        instance: link(instance),
        healthState: memberHealth(state, pool, instance),
      })),
    };
  });
}
