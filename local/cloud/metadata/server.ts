/** The metadata server: http://169.254.169.254/computeMetadata/v1/. A machine can read only its own metadata. */
import fastify, { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from "fastify";
import { Path } from "../state/model";
import { Store } from "../state/store";
import { BASE, Caller, etagOf, Form, MetadataError, send } from "./answer";
import { guestAttributeRoutes } from "./guestAttributes";
import { Directory, metadataTree, nodeAt } from "./tree";

export type Identify = (sourceAddress: string) => Path | undefined;

export function metadataServer(store: Store, identify: Identify, options: FastifyServerOptions = {}): FastifyInstance {
  const app = fastify({ bodyLimit: 512 * 1024, forceCloseConnections: true, ...options });
  const caller: Caller = (request) => {
    const path = identify(request.ip);
    if (!path) throw new MetadataError(403, `No instance has the address ${request.ip}.`);
    return path;
  };

  app.addHook("onRequest", async (request, reply) => {
    void reply.header("Metadata-Flavor", "Google").header("Server", "Metadata Server for VM");
    caller(request);
    if (request.headers["x-forwarded-for"] !== undefined) {
      throw new MetadataError(403, "Requests with an X-Forwarded-For header are refused.");
    }
    // The header proves that the request is intended: a browser, or a proxy that can be misused, does not send it.
    if (request.url.startsWith(BASE) && request.headers["metadata-flavor"] !== "Google") {
      throw new MetadataError(403, "Missing Metadata-Flavor:Google header.");
    }
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply
      .code(error.statusCode ?? 500)
      .type("text/plain")
      .send(`${error.message}\n`),
  );
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .type("text/plain")
      .send(`${request.url.split("?")[0]} was not found.\n`),
  );
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));

  app.get("/", (_request, reply) => reply.type("application/text").send("computeMetadata/\n"));
  app.get("/computeMetadata/", (_request, reply) => reply.type("application/text").send("v1/\n"));
  guestAttributeRoutes(app, store, caller);
  app.get(`${BASE}/*`, (request, reply) => answer(store, caller, request, reply));
  return app;
}

interface Query extends Form {
  wait_for_change?: string;
  last_etag?: string;
  timeout_sec?: string;
}

async function answer(
  store: Store,
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const path = (request.params as { "*": string })["*"];
  const query = request.query as Query;
  const read = () => {
    const node = nodeAt(metadataTree(store.state, caller(request)), path);
    if (node === undefined) throw new MetadataError(404, `${request.url.split("?")[0]} was not found.`);
    return node;
  };
  let node = read();
  const [url, search = ""] = request.url.split("?");
  if (node instanceof Directory && !url!.endsWith("/")) return reply.redirect(`${url}/${search && `?${search}`}`, 301);
  if (!(node instanceof Directory) && url!.endsWith("/")) throw new MetadataError(404, `${url} was not found.`);
  if (query.wait_for_change?.toLowerCase() === "true") {
    const known = query.last_etag ?? etagOf(node);
    if (known === etagOf(node)) await change(store, request, () => etagOf(read()) !== known, query.timeout_sec);
    node = read();
  }
  return send(reply, node, query);
}

/** Resolves when `changed` returns true, when the time is over, or when the machine closes the connection. */
function change(store: Store, request: FastifyRequest, changed: () => boolean, timeout?: string): Promise<void> {
  return new Promise((resolve) => {
    const seconds = Number(timeout ?? 0);
    const timer = seconds > 0 ? setTimeout(end, seconds * 1000) : undefined;
    function end(): void {
      clearTimeout(timer);
      store.off("change", look);
      request.raw.off("close", end);
      resolve();
    }
    function look(): void {
      try {
        if (changed()) end();
      } catch {
        // The path no longer exists, which the answer says.
        end();
      }
    }
    store.on("change", look);
    request.raw.on("close", end);
  });
}
