/** What a machine says about itself: guest attributes and its console. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { guestAttributesEnabled, machineIdOf } from "../../state/queries";
import { Cloud } from "../../engine/cloud";
import { ApiError } from "../errors";
import { get, placeOf, scopePattern } from "../kind";
import { link } from "../links";
import { pathOf } from "../../state/path";
import { refuseByPolicy } from "../restrictions/policies";
import { GuestAttributeQueries } from "../restrictions/rate";
import { restrictionsOf } from "../restrictions/restrictions";
import { check, integer } from "../schema";
import { z } from "zod";

const AttributesQuery = z.object({ queryPath: z.string().optional(), variableKey: z.string().optional() });
const SerialQuery = z.object({ port: integer(1, 4).default(1), start: integer(0, 2 ** 52).default(0) });

const MAX_SERIAL_BYTES = 1024 * 1024;

export function guestRoutes(app: FastifyInstance, cloud: Cloud): void {
  const url = `${scopePattern("zones")}/instances/:name`;
  const find = (request: FastifyRequest) => {
    const place = placeOf(request, "zones");
    const path = pathOf(place, "instances", (request.params as { name: string }).name);
    return { place, path, instance: get(cloud.store.state, "instances", path) };
  };

  const queries = new GuestAttributeQueries();
  app.get(`${url}/getGuestAttributes`, (request) => {
    const { place, path, instance } = find(request);
    const restrictions = restrictionsOf(cloud.store.state, place.project);
    refuseByPolicy(restrictions, place.project, "compute.disableGuestAttributesAccess");
    if (restrictions.guestAttributeLimits) queries.count(path, Date.now());
    const { queryPath = "", variableKey } = check(AttributesQuery, request.query, "query");
    const [namespace = "", key = ""] = (variableKey ?? queryPath).split("/");
    const missing = new ApiError(
      404,
      "notFound",
      `The resource '${namespace}/${key}' of type 'Guest Attribute' was not found.`,
    );
    if (!guestAttributesEnabled(cloud.store.state, place.project, instance)) throw missing;
    const items = Object.entries(instance.guestAttributes)
      .filter(([name]) => !namespace || name === namespace)
      .flatMap(([name, values]) => Object.entries(values).map(([k, value]) => ({ namespace: name, key: k, value })))
      .filter((item) => !key || item.key === key);
    if (items.length === 0) throw missing;
    return {
      kind: "compute#guestAttributes",
      selfLink: link(`${path}/guestAttributes/${variableKey ?? queryPath}`),
      ...(variableKey === undefined
        ? { queryPath, queryValue: { items } }
        : { variableKey, variableValue: items[0]!.value }),
    };
  });

  app.get(`${url}/serialPort`, async (request) => {
    const { path, instance } = find(request);
    const { start, port } = check(SerialQuery, request.query, "query");
    // Only the first serial port is a console.
    const output = port === 1 ? await cloud.fabric.console(machineIdOf(cloud.store.state, instance)) : Buffer.alloc(0);
    const from = Math.max(start, output.length - MAX_SERIAL_BYTES);
    return {
      kind: "compute#serialPortOutput",
      contents: output.subarray(from).toString("utf8"),
      start: String(Math.min(from, output.length)),
      next: String(output.length),
      selfLink: link(`${path}/serialPort`),
    };
  });
}
