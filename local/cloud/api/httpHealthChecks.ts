import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { HttpHealthCheck } from "../state/model";
import { Cloud } from "../engine/cloud";
import { invalid } from "./errors";
import { Kind, registerKind, registerMethod } from "./kind";
import { check, integer, resource, resourceName } from "./schema";

const shape = {
  host: z.string().max(253),
  requestPath: z.string().regex(/^\/[\x21-\x7e]*$/, "Must be a path starting with '/'."),
  port: integer(1, 65535),
  checkIntervalSec: integer(1, 300),
  timeoutSec: integer(1, 300),
  healthyThreshold: integer(1, 10),
  unhealthyThreshold: integer(1, 10),
};
const Body = resource({
  name: resourceName,
  host: shape.host.default(""),
  requestPath: shape.requestPath.default("/"),
  port: shape.port.default(80),
  checkIntervalSec: shape.checkIntervalSec.default(5),
  timeoutSec: shape.timeoutSec.default(5),
  healthyThreshold: shape.healthyThreshold.default(2),
  unhealthyThreshold: shape.unhealthyThreshold.default(2),
});
const Patch = resource({ name: resourceName, ...shape }).partial();

type Settings = Pick<HttpHealthCheck, "checkIntervalSec" | "timeoutSec">;

function checkTimes({ checkIntervalSec, timeoutSec }: Settings): void {
  if (timeoutSec <= checkIntervalSec) return;
  throw invalid("resource.timeoutSec", timeoutSec, `Must be at most checkIntervalSec, which is ${checkIntervalSec}.`);
}

const FIELDS = Object.keys(shape) as (keyof typeof shape)[];
const settings = (of: Record<keyof typeof shape, unknown>) => Object.fromEntries(FIELDS.map((key) => [key, of[key]]));

export const httpHealthChecks: Kind<"httpHealthChecks"> = {
  collection: "httpHealthChecks",
  kind: "compute#httpHealthCheck",
  label: "httpHealthCheck",
  scope: "global",

  create(_draft, _place, body) {
    const wanted = check(Body, body);
    checkTimes(wanted);
    const { name, description } = wanted;
    return { name, description, ...settings(wanted) } as Omit<HttpHealthCheck, "id" | "creationTimestamp">;
  },

  render: (_state, _path, one: HttpHealthCheck) => settings(one),

  user: (state, path) =>
    Object.keys(state.targetPools).find((pool) => state.targetPools[pool]!.healthChecks.includes(path)),
};

export function httpHealthCheckRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerKind(app, cloud, httpHealthChecks);
  registerMethod(app, cloud, httpHealthChecks, "PATCH", "", (_draft, _path, one, request) => {
    const wanted = check(Patch, request.body);
    for (const key of [...FIELDS, "description" as const]) {
      if (wanted[key] !== undefined) Object.assign(one, { [key]: wanted[key] });
    }
    checkTimes(one);
  });
  const replace = (one: HttpHealthCheck, body: unknown) => {
    const wanted = check(Body, { name: one.name, ...(body as object) });
    checkTimes(wanted);
    Object.assign(one, settings(wanted), { description: wanted.description });
  };
  registerMethod(
    app,
    cloud,
    httpHealthChecks,
    "PUT",
    "",
    (_draft, _path, one, request) => replace(one, request.body),
    "update",
  );
}
