/** Guest attributes: metadata that the machine itself writes, and that the API returns. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Instance, Path } from "../state/model";
import { parsePath } from "../state/path";
import { guestAttributesEnabled } from "../state/queries";
import { Store } from "../state/store";
import { BASE, Caller, MetadataError, send } from "./answer";
import { Directory, nodeAt } from "./tree";

/** Must not begin with an underscore, because names such as `__proto__` have a meaning for objects. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const MAX_VALUE_BYTES = 256 * 1024;
const MAX_KEYS = 256;

export function guestAttributeRoutes(app: FastifyInstance, store: Store, caller: Caller): void {
  const root = `${BASE}/instance/guest-attributes`;

  const find = (request: FastifyRequest): { path: Path; instance: Instance } => {
    const path = caller(request);
    const instance = store.state.instances[path]!;
    if (!guestAttributesEnabled(store.state, parsePath(path)!.project, instance)) {
      throw new MetadataError(403, "Guest attributes endpoint access is disabled.");
    }
    return { path, instance };
  };
  const nameOf = (request: FastifyRequest) => {
    const { namespace, key } = request.params as { namespace: string; key: string };
    if (!NAME.test(namespace) || !NAME.test(key)) {
      throw new MetadataError(
        400,
        "Namespace and key must be 1 to 128 letters, digits, '_', '-' or '.', and begin with a letter or digit.",
      );
    }
    return { namespace, key };
  };

  app.get(`${root}/*`, (request, reply) => {
    const { instance } = find(request);
    const tree = new Directory(
      "verbatim",
      Object.fromEntries(
        Object.entries(instance.guestAttributes).map(([name, values]) => [name, new Directory("verbatim", values)]),
      ),
    );
    const node = nodeAt(tree, (request.params as { "*": string })["*"]);
    if (node === undefined) throw new MetadataError(404, `${request.url.split("?")[0]} was not found.`);
    return send(reply, node, request.query as object);
  });

  app.put(`${root}/:namespace/:key`, async (request, reply) => {
    const { path, instance } = find(request);
    const { namespace, key } = nameOf(request);
    const value = (request.body as string | undefined) ?? "";
    if (Buffer.byteLength(value) > MAX_VALUE_BYTES) throw new MetadataError(413, "The value is longer than 256 KiB.");
    const count = Object.values(instance.guestAttributes).reduce((sum, keys) => sum + Object.keys(keys).length, 0);
    if (count >= MAX_KEYS) throw new MetadataError(403, `An instance has at most ${MAX_KEYS} guest attributes.`);
    await store.update((draft) => {
      const attributes = draft.instances[path]?.guestAttributes;
      if (!attributes) return;
      if (!Object.hasOwn(attributes, namespace)) attributes[namespace] = {};
      attributes[namespace]![key] = value;
    });
    return reply.code(200).send();
  });

  app.delete(`${root}/:namespace/:key`, async (request, reply) => {
    const { path } = find(request);
    const { namespace, key } = nameOf(request);
    await store.update((draft) => {
      const attributes = draft.instances[path]?.guestAttributes;
      if (!attributes || !Object.hasOwn(attributes, namespace)) return;
      delete attributes[namespace]![key];
      if (Object.keys(attributes[namespace]!).length === 0) delete attributes[namespace];
    });
    return reply.code(200).send();
  });
}
