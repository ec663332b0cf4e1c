/**
 * The release mirror: serves the files of a directory, read-only and with ranges, to machines and the host. It redirects to
 * them, as dl.k8s.io and GitHub redirect to other hosts. It is also the registry that workers pull from: registry.ts.
 */
import { mkdirSync } from "node:fs";
import send from "@fastify/send";
import fastify, { FastifyInstance, FastifyServerOptions } from "fastify";
import { addRegistry, isRegistry, refuseMethod } from "./registry";

/** Larger pieces are slower, because their memory is allocated anew each time. The files are about 100 MB. */
const PIECE_BYTES = 512 * 1024;

/** Below it are the files. */
const FILES = "/files";

export function mirrorServer(root: string, options: FastifyServerOptions = {}): FastifyInstance {
  mkdirSync(root, { recursive: true });
  const app = fastify({ forceCloseConnections: true, ...options });
  addRegistry(app, root);
  app.route({
    method: ["GET", "HEAD"],
    url: "/*",
    handler: (request, reply) => reply.redirect(FILES + request.url, 302),
  });
  app.route({
    method: ["GET", "HEAD"],
    url: `${FILES}/*`,
    handler: async (request, reply) => {
      const path = request.url.slice(FILES.length).split("?")[0]!;
      const { statusCode, headers, stream } = await send(request.raw, path, {
        root,
        dotfiles: "deny",
        index: false,
        maxAge: 0,
        highWaterMark: PIECE_BYTES,
      });
      return reply.code(statusCode).headers(headers).send(stream);
    },
  });
  app.setNotFoundHandler((request, reply) =>
    isRegistry(request.url)
      ? refuseMethod(request, reply)
      : reply
          .code(404)
          .type("text/plain")
          .send(`The release mirror answers only GET and HEAD, not ${request.method}.\n`),
  );
  return app;
}
