import type { FastifyInstance, FastifyRequest } from "fastify";
import { Cloud } from "../engine/cloud";
import { renderOperation } from "./operate";
import { ApiError, notFound } from "./errors";
import { API, placeOf, scopePattern } from "./kind";
import { pathOf, Place, scopePath } from "../state/path";
import { list } from "./listing";

/**
 * How long an answer may wait for its operation to finish, in milliseconds. Google's provider asks at once and then only
 * every 10 s, so without the wait a short operation would cost it 10 s.
 */
const HOLD_MS = 60_000;

export function operationRoutes(app: FastifyInstance, cloud: Cloud): void {
  const find = (path: string) => {
    const operation = cloud.store.state.operations[path];
    if (!operation) throw notFound(path);
    return operation;
  };
  const answer = async (request: FastifyRequest, scope: Place["scope"]) => {
    const place = placeOf(request, scope);
    const path = pathOf(place, "operations", (request.params as { name: string }).name);
    find(path);
    await cloud.operations.wait(path, HOLD_MS);
    return renderOperation(path, find(path));
  };

  for (const scope of ["global", "regions", "zones"] as const) {
    const url = `${scopePattern(scope)}/operations`;
    app.get(`${url}/:name`, (request) => answer(request, scope));
    app.post(`${url}/:name/wait`, (request) => answer(request, scope));
    app.get(url, (request) => {
      const path = `${scopePath(placeOf(request, scope))}/operations`;
      return list("compute#operation", path, below(`${path}/`), request.query);
    });
    app.delete(`${url}/:name`, async (request, reply) => {
      const path = pathOf(placeOf(request, scope), "operations", (request.params as { name: string }).name);
      if (find(path).status !== "DONE") {
        throw new ApiError(400, "resourceNotReady", `The operation '${path}' is still running.`);
      }
      await cloud.store.update((draft) => {
        delete draft.operations[path];
      });
      return reply.code(204).send();
    });
  }

  app.get(`${API}/projects/:project/aggregated/operations`, (request) => {
    const { project } = placeOf(request, "global");
    const items: Record<string, object> = {};
    for (const operation of below(`projects/${project}/`)) {
      const scope = operation.selfLink
        .split("/")
        .slice(-4, -2)
        .join("/")
        .replace(/^.*\/global$/, "global");
      const entry = (items[scope] ??= { operations: [] }) as { operations: object[] };
      entry.operations.push(operation);
    }
    return { kind: "compute#operationAggregatedList", id: `projects/${project}/aggregated/operations`, items };
  });

  function below(prefix: string) {
    const { operations } = cloud.store.state;
    return Object.keys(operations)
      .filter((path) => path.startsWith(prefix))
      .map((path) => renderOperation(path, operations[path]!));
  }
}
