import * as https from "https";
import { TLSSocket } from "tls";
import { parse } from "yaml";

export interface Answer {
  status: number;
  body: string;
  /** DNS names of the certificate that the server showed. */
  serverNames: string[];
}

export interface RequestOptions {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  /** Without the client certificate. */
  anonymous?: boolean;
  headers?: Record<string, string>;
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
  users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
}

const decode = (base64: string) => Buffer.from(base64, "base64").toString();

/** The Kubernetes API as a kubeconfig describes it. Each request is a connection of its own, so the load balancer chooses anew. */
export class Api {
  private readonly server: string;
  private readonly ca: string;
  private readonly client: { cert: string; key: string };

  constructor(kubeconfig: string) {
    const { clusters, users } = parse(kubeconfig) as Kubeconfig;
    this.server = clusters[0].cluster.server;
    this.ca = decode(clusters[0].cluster["certificate-authority-data"]);
    const { user } = users[0];
    this.client = { cert: decode(user["client-certificate-data"]), key: decode(user["client-key-data"]) };
  }

  /** Rejects when there is no answer within 10 s or the server's certificate is not the authority's. */
  request(
    path: string,
    { method = "GET", body, anonymous = false, headers = {} }: RequestOptions = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = https.request(
        `${this.server}${path}`,
        {
          method,
          ca: this.ca,
          ...(anonymous ? {} : this.client),
          agent: false,
          timeout: 10_000,
          headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
        },
        (response) => {
          const names = (response.socket as TLSSocket).getPeerCertificate().subjectaltname ?? "";
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              body: text,
              serverNames: [...names.matchAll(/DNS:([^,]+)/g)].map((match) => match[1]!),
            }),
          );
        },
      );
      request.on("timeout", () => request.destroy(new Error(`${this.server}${path}: no answer within 10 s`)));
      request.on("error", reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** A request whose answer must be of the 200s; resolves with its JSON. */
  async json<T>(path: string, options?: RequestOptions): Promise<T> {
    const answer = await this.request(path, options);
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`${options?.method ?? "GET"} ${path}: HTTP ${answer.status}: ${answer.body.slice(0, 300)}`);
    }
    return JSON.parse(answer.body) as T;
  }
}
