/** The part of the Cloud Resource Manager API (v1) that tells what the caller may do in a project. */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Cloud } from "../engine/cloud";
import { Restrictions } from "../state/model";
import { invalid, notEmulated } from "./errors";
import { checkProject } from "./kind";
import { CONSTRAINTS } from "./restrictions/policies";
import { restrictionsOf } from "./restrictions/restrictions";
import { check } from "./schema";

const Permissions = z.strictObject({ permissions: z.array(z.string()).max(100) });
const Constraint = z.strictObject({ constraint: z.string() });

type Call = (restrictions: Restrictions, body: unknown) => object;

const CALLS: Record<string, Call> = {
  testIamPermissions({ deniedPermissions }, body) {
    const { permissions } = check(Permissions, body, "request");
    const granted = permissions.filter((permission) => !deniedPermissions.includes(permission));
    return granted.length > 0 ? { permissions: granted } : {};
  },

  getEffectiveOrgPolicy({ policies }, body) {
    const { constraint } = check(Constraint, body, "request");
    const name = constraint.replace(/^constraints\//, "");
    const type = CONSTRAINTS[name];
    if (!type) throw invalid("constraint", constraint, "The local cloud does not know it.");
    const enforced = policies.includes(name);
    return {
      constraint: `constraints/${name}`,
      ...(type === "boolean" && { booleanPolicy: enforced ? { enforced } : {} }),
      ...(type === "list" && { listPolicy: { allValues: enforced ? "DENY" : "ALLOW" } }),
    };
  },
};

export function resourceManagerRoutes(app: FastifyInstance, cloud: Cloud): void {
  // PROJECT:VERB
  app.post("/v1/projects/:call", (request) => {
    const { call } = request.params as { call: string };
    const end = call.lastIndexOf(":");
    const [project, verb] = [call.slice(0, end), call.slice(end + 1)];
    if (end < 0 || !Object.hasOwn(CALLS, verb)) throw notEmulated(`projects.${verb}`);
    checkProject(project);
    return CALLS[verb]!(restrictionsOf(cloud.store.state, project), request.body);
  });
}
