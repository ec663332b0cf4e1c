import type * as https from "https";
import type { TLSSocket } from "tls";
import { parse } from "yaml";
import { send } from "../lib/request";

const REQUEST_MS = 10_000;

export interface Answer {
  status: number;
  body: string;
  /** DNS names of the certificate that the server showed. */
  serverNames: string[];
}

export interface RequestOptions {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  /** Do not show the client certificate. */
  anonymous?: boolean;
  headers?: Record<string, string>;
  /** For an answer. Default: 10 s. */
  milliseconds?: number;
  /** Keeps connections between requests. Without one, each request has its own connection. */
  agent?: https.Agent;
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
  users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
}

const decode = (base64: string) => Buffer.from(base64, "base64").toString();

/** Where the API is, and what a client shows it, as PEM. */
export interface Access {
  server: string;
  ca: string;
  client: { cert: string; key: string };
}

export function readKubeconfig(kubeconfig: string): Access {
  const { clusters, users } = parse(kubeconfig) as Kubeconfig;
  const { cluster } = clusters[0];
  const { user } = users[0];
  return {
    server: cluster.server,
    ca: decode(cluster["certificate-authority-data"]),
    client: { cert: decode(user["client-certificate-data"]), key: decode(user["client-key-data"]) },
  };
}

/** The names in the certificate that the server showed on a connection. */
export const serverNames = (socket: TLSSocket): string[] => dnsNames(socket.getPeerCertificate().subjectaltname ?? "");

const dnsNames = (subjectAltName: string) => [...subjectAltName.matchAll(/DNS:([^,]+)/g)].map((match) => match[1]!);

/** Thrown for an answer with another status than 2xx. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The Kubernetes API as a kubeconfig describes it. Unless a request brings an agent it opens a connection, so that the load
 * balancer chooses a controller for it.
 */
export class Api {
  private readonly access: Access;

  /** `environment` says which proxies there are. */
  constructor(
    kubeconfig: string,
    private readonly environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.access = readKubeconfig(kubeconfig);
  }

  /** Rejects when there is no answer in time, or when the authority did not sign the server's certificate. */
  async request(
    path: string,
    { method = "GET", body, anonymous = false, headers = {}, agent, milliseconds = REQUEST_MS }: RequestOptions = {},
  ): Promise<Answer> {
    const { server, ca, client } = this.access;
    const {
      status,
      body: text,
      subjectAltName,
    } = await send(`${server}${path}`, {
      method,
      ca,
      ...(anonymous ? {} : client),
      ...(agent === undefined ? {} : { agent }),
      headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      milliseconds,
      environment: this.environment,
    }).catch((error: Error) => {
      throw new Error(`${server}${path}: ${error.message}`, { cause: error.cause });
    });
    return { status, body: text, serverNames: dnsNames(subjectAltName) };
  }

  /** A request that must succeed. Rejects with the method, the path and the server's words when the status is not 2xx. */
  async succeed(path: string, options?: RequestOptions): Promise<Answer> {
    const answer = await this.request(path, options);
    if (answer.status >= 200 && answer.status <= 299) return answer;
    throw new HttpError(
      answer.status,
      `${options?.method ?? "GET"} ${path}: HTTP ${answer.status}: ${messageOf(answer.body)}`,
    );
  }

  /** The JSON that a request which must succeed is answered with. */
  async json<T>(path: string, options?: RequestOptions): Promise<T> {
    return JSON.parse((await this.succeed(path, options)).body) as T;
  }
}

/** The message of a Status, which is what the API answers a failure with; else the beginning of the body. */
function messageOf(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body.slice(0, 300);
  } catch {
    return body.slice(0, 300);
  }
}
