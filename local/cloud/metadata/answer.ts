/** Answers of the metadata server: text or JSON with an etag. Errors are text. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { fingerprint } from "../state/fingerprint";
import { Path } from "../state/model";
import { Directory, Node, toJson, toLines } from "./tree";

export const BASE = "/computeMetadata/v1";

/** The instance that sent a request. Throws when the sender is not a machine of the local cloud. */
export type Caller = (request: FastifyRequest) => Path;

/** A request was refused, or its path does not exist. */
export class MetadataError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

export function etagOf(node: Node): string {
  return Buffer.from(fingerprint(toJson(node)), "base64url").toString("hex");
}

/** The query parameters that choose the form of an answer. */
export interface Form {
  recursive?: string;
  alt?: string;
}

export function send(reply: FastifyReply, node: Node, { recursive, alt }: Form): FastifyReply {
  const deep = recursive?.toLowerCase() === "true";
  void reply.header("ETag", etagOf(node));
  if (alt === "json" || (alt !== "text" && deep && node instanceof Directory)) {
    const value = node instanceof Directory && !deep ? Object.keys(node.entries) : toJson(node);
    return reply.type("application/json").send(JSON.stringify(value));
  }
  return reply.type("application/text").send(toLines(node));
}
