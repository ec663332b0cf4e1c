/** The HTTP server of the Compute Engine API: reads bodies, answers with Google's errors, and has the routes of every kind. */
import fastify, { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from "fastify";
import { HOST_ADDRESS } from "../addresses";
import { StorageError } from "../state/store";
import { addressRoutes } from "./addresses";
import { catalogRoutes } from "./catalogRoutes";
import { Cloud } from "../engine/cloud";
import { diskRoutes } from "./disks";
import { ApiError, errorBody } from "./errors";
import { firewallRoutes } from "./firewalls";
import { forwardingRuleRoutes } from "./forwardingRules";
import { httpHealthCheckRoutes } from "./httpHealthChecks";
import { imageRoutes } from "./images";
import { instanceRoutes } from "./instances";
import { networkRoutes } from "./networks";
import { operationRoutes } from "./operations";
import { projectRoutes } from "./projects";
import { resourceManagerRoutes } from "./resourceManager";
import { restrictionRoutes } from "./restrictions";
import { refuseRestricted } from "./restrictions/refuse";
import { routeRoutes } from "./routes";
import { statusRoute } from "./status";
import { subnetworkRoutes } from "./subnetworks";
import { targetPoolRoutes } from "./targetPools";

const ROUTES = [
  addressRoutes,
  catalogRoutes,
  diskRoutes,
  firewallRoutes,
  forwardingRuleRoutes,
  httpHealthCheckRoutes,
  imageRoutes,
  instanceRoutes,
  networkRoutes,
  operationRoutes,
  projectRoutes,
  resourceManagerRoutes,
  restrictionRoutes,
  routeRoutes,
  statusRoute,
  subnetworkRoutes,
  targetPoolRoutes,
];

/** The error as Google would answer it. */
function toApiError(error: FastifyError | Error): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StorageError) return new ApiError(503, "backendError", error.message);
  const { statusCode, code } = error as FastifyError;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new ApiError(413, "uploadTooLarge", "Request is too large.");
  if (error instanceof SyntaxError || (statusCode && statusCode >= 400 && statusCode < 500)) {
    return new ApiError(statusCode ?? 400, "parseError", `Parse Error: ${error.message}`);
  }
  return new ApiError(500, "backendError", `Internal error: ${error.message}`);
}

/** How deep a body may be nested, as in Google's API. Without a limit, following it could overflow the stack. */
const DEEPEST = 100;

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1)));

/** Only the host may call the API. Machines may not, just as they have no credentials on Google Cloud. */
const CALLERS = [HOST_ADDRESS, "127.0.0.1", "::1", "::ffff:127.0.0.1"];

export function apiServer(cloud: Cloud, options: FastifyServerOptions = {}): FastifyInstance {
  const answer = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    const known = toApiError(error);
    if (known.code >= 500) request.log.error({ err: error }, "request failed");
    return reply.code(known.code).send(errorBody(known));
  };
  // Framework errors happen before a route is found, for example for a URL that cannot be decoded.
  const app = fastify({
    bodyLimit: 8 * 1024 * 1024,
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => void answer(error, request as FastifyRequest, reply as FastifyReply),
    ...options,
  });

  app.addHook("onRequest", (request, _reply, done) => {
    if (CALLERS.includes(request.ip)) done();
    else done(new ApiError(403, "forbidden", `The local cloud's API is open to its host only, not to ${request.ip}.`));
  });

  app.addHook("onRequest", (request, _reply, done) => {
    refuseRestricted(cloud.store.state, request.method, request.url);
    done();
  });

  // Google's clients send the type "application/json" even with an empty body.
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (request, body, done) => {
    if ((body as string).trim() === "") done(null, undefined);
    else
      void parse(request, body as string, (error, value) => {
        if (isDeeper(value, DEEPEST))
          done(new ApiError(400, "parseError", `Parse Error: over ${DEEPEST} levels deep.`));
        else done(error, value);
      });
  });

  app.setErrorHandler(answer);
  app.setNotFoundHandler((request, reply) => {
    const message = `The requested URL ${request.method} ${request.url.split("?")[0]} was not found: the local cloud does not emulate it.`;
    return reply.code(404).send(errorBody(new ApiError(404, "notFound", message)));
  });

  for (const routes of ROUTES) routes(app, cloud);
  return app;
}
