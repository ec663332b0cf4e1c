/**
 * The registry: the read-only part of the OCI distribution API, for the images in the mirror's directory. containerd asks it
 * instead of registry.k8s.io. All is read from the disk at each request, so an image can be pulled as soon as it is built.
 */
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import send from "@fastify/send";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { IMAGES_DIR } from "../../tools/images/oci";
import { REGISTRY } from "../../tools/versions-images";
import { findBlob, findManifest, Found } from "./images";

/** See PIECE_BYTES in server.ts. */
const PIECE_BYTES = 512 * 1024;

/** The specification's grammar of names and references. None of them can leave the directory: a part begins with a letter or digit. */
const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const NAME = new RegExp(`^${PART}(?:/${PART})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const NAME_LENGTH = 255;

/** What goes wrong, by the specification's code. */
const STATUS = {
  NAME_INVALID: 400,
  DIGEST_INVALID: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  BLOB_UNKNOWN: 404,
  UNSUPPORTED: 404,
} as const;

type Code = keyof typeof STATUS;

/** Adds the API to the mirror that serves `root`. */
export function addRegistry(app: FastifyInstance, root: string): void {
  const images = join(root, IMAGES_DIR);
  const method = ["GET", "HEAD"];
  app.route({ method, url: "/v2", handler: (_, reply) => version(reply) });
  app.route({ method, url: "/v2/", handler: (_, reply) => version(reply) });
  app.route({ method, url: "/v2/*", handler: (request, reply) => answer(request, reply, images) });
}

/** Whether the registry answers requests for this URL, or would if their method were another. */
export const isRegistry = (url: string): boolean => /^\/v2(?:[/?]|$)/.test(url);

/** The answer to every method but GET and HEAD. */
export function refuseMethod({ method }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const body = errorBody("UNSUPPORTED", `this registry is read-only; it answers GET and HEAD, not ${method}`);
  return reply.code(405).header("allow", "GET, HEAD").send(body);
}

const version = (reply: FastifyReply) => reply.header("docker-distribution-api-version", "registry/2.0").send({});

async function answer(request: FastifyRequest, reply: FastifyReply, images: string): Promise<FastifyReply> {
  const { name, kind, reference } = partsOf(request);
  const refuse = (code: Code, message: string) => reply.code(STATUS[code]).send(errorBody(code, message));
  if (kind === undefined) return refuse("UNSUPPORTED", "this registry serves only manifests and blobs");
  if (name.length > NAME_LENGTH || !NAME.test(name)) return refuse("NAME_INVALID", "the repository's name is invalid");
  const other = registryOf(request) !== REGISTRY;
  const asked = `${registryOf(request)}/${name}`;

  if (kind === "blobs") {
    if (!DIGEST.test(reference))
      return refuse("DIGEST_INVALID", "the digest must be sha256: and 64 hexadecimal digits");
    const found = other ? undefined : await findBlob(images, name, reference);
    return found
      ? sendBlob(found, images, request, reply)
      : refuse("BLOB_UNKNOWN", `${asked} has no blob ${reference}`);
  }
  if (!TAG.test(reference) && !DIGEST.test(reference))
    return refuse("MANIFEST_INVALID", "the reference must be a tag or a sha256 digest");
  const found = other ? undefined : await findManifest(images, name, reference);
  if (!found) return refuse("MANIFEST_UNKNOWN", `${asked} has no manifest ${reference}`);
  const content = await readFile(found.file);
  return reply
    .type(found.mediaType)
    .header("docker-content-digest", found.digest)
    .header("content-length", content.length)
    .send(content);
}

/** Blobs may be large, and a client may ask for a part of one. */
async function sendBlob(
  { file, digest }: Found,
  root: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { statusCode, headers, stream } = await send(request.raw, relative(root, file), {
    root,
    index: false,
    maxAge: 0,
    highWaterMark: PIECE_BYTES,
  });
  return reply
    .code(statusCode)
    .headers(headers)
    .type("application/octet-stream")
    .header("docker-content-digest", digest)
    .send(stream);
}

/** The parts of `NAME/manifests/REFERENCE` or `NAME/blobs/DIGEST`. fastify has decoded them. */
function partsOf({ params }: FastifyRequest): { name: string; kind?: "manifests" | "blobs"; reference: string } {
  const { "*": path } = params as { "*": string };
  const [, name = "", kind, reference = ""] = /^(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  return { name, kind: kind as "manifests" | "blobs" | undefined, reference };
}

/** containerd names the registry that it would ask without a mirror. Other clients name none. */
function registryOf({ query }: FastifyRequest): string {
  const { ns } = query as { ns?: string | string[] };
  return String(ns ?? REGISTRY);
}

const errorBody = (code: Code, message: string) => ({ errors: [{ code, message }] });
