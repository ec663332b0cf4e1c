import * as https from "https";
import { TLSSocket } from "tls";
import { parse } from "yaml";
import { routeTo } from "../lib/proxy";

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
export function serverNames(socket: TLSSocket): string[] {
  const names = socket.getPeerCertificate().subjectaltname ?? "";
  return [...names.matchAll(/DNS:([^,]+)/g)].map((match) => match[1]!);
}

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

  /** Rejects when there is no answer within 10 s, or when the authority did not sign the server's certificate. */
  request(
    path: string,
    { method = "GET", body, anonymous = false, headers = {}, agent }: RequestOptions = {},
  ): Promise<Answer> {
    const { server, ca, client } = this.access;
    const route = routeTo(server, this.environment);
    const through = agent === undefined ? route.through : "";
    return new Promise((resolve, rejectWith) => {
      const reject = (error: Error) =>
        rejectWith(new Error(`${server}${path}: ${error.message}${through}`, { cause: error }));
      const request = https.request(
        `${server}${path}`,
        {
          method,
          ca,
          ...(anonymous ? {} : client),
          agent: agent ?? route.agent,
          timeout: REQUEST_MS,
          headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
        },
        (response) => {
          const names = serverNames(response.socket as TLSSocket);
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("error", reject);
          response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, serverNames: names }));
        },
      );
      route.limit(request, REQUEST_MS);
      request.on("timeout", () => request.destroy(new Error(`no answer within ${REQUEST_MS / 1000} s`)));
      request.on("error", reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
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
