/** What Google would refuse in a project. Not part of Google's API: there, an organization and a support team decide. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { ZONES } from "../../../../lib/regions";
import { RESTRICTIONS_PATH } from "../../addresses";
import { Cloud } from "../../engine/cloud";
import { checkProject } from "../kind";
import { check } from "../schema";
import { CONSTRAINTS } from "./policies";
import { isMetric } from "./quotas";
import { restrictionsOf } from "./restrictions";

const Body = z.strictObject({
  disabledServices: z.array(z.string()).default([]),
  deniedPermissions: z.array(z.string()).default([]),
  quotas: z.record(z.string().refine(isMetric, "Unknown metric."), z.number().min(0)).default({}),
  policies: z.array(z.enum(Object.keys(CONSTRAINTS) as [string])).default([]),
  exhaustedZones: z.array(z.enum(ZONES as [string])).default([]),
  guestAttributeLimits: z.boolean().default(false),
});

export function restrictionRoutes(app: FastifyInstance, cloud: Cloud): void {
  const projectOf = (request: FastifyRequest) => {
    const { project } = request.params as { project: string };
    checkProject(project);
    return project;
  };
  const url = `${RESTRICTIONS_PATH}/:project`;
  app.get(url, (request) => restrictionsOf(cloud.store.state, projectOf(request)));
  app.put(url, async (request) => {
    const project = projectOf(request);
    const restrictions = check(Body, request.body, "restrictions");
    await cloud.store.update((draft) => {
      draft.projects[project] = { metadata: draft.projects[project]?.metadata ?? [], restrictions };
    });
    return restrictions;
  });
}
