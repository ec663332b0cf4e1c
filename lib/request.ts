import * as http from "http";
import * as https from "https";
import type { TLSSocket } from "tls";
import { routeTo } from "./proxy";

export interface Answer {
  status: number;
  body: string;
  /** The names in the certificate that the server showed, as OpenSSL writes them; empty for http. */
  subjectAltName: string;
}

export interface Options extends https.RequestOptions {
  /** For an answer to begin, and between two parts of it. */
  milliseconds: number;
  body?: string;
  /** Says which proxies there are. Default: this process's environment. */
  environment?: NodeJS.ProcessEnv;
}

/**
 * Sends a request, and resolves with the answer, whatever its status. An https URL is reached through the proxy that the environment
 * names for it, unless the request brings an agent. Rejects with what happened, and the proxy's name, when there is no answer in time.
 */
export function send(url: string, { milliseconds, body, environment, ...options }: Options): Promise<Answer> {
  const secure = url.startsWith("https:");
  const route = secure && options.agent === undefined ? routeTo(url, environment) : undefined;
  return new Promise((resolve, rejectWith) => {
    const reject = (error: Error) => rejectWith(new Error(`${error.message}${route?.through ?? ""}`, { cause: error }));
    const request = (secure ? https : http).request(
      url,
      { agent: route?.agent ?? false, timeout: milliseconds, ...options },
      (response) => {
        const { socket, statusCode = 0 } = response;
        // The connection may be gone at the end of the answer.
        const { subjectaltname = "" } = secure ? (socket as TLSSocket).getPeerCertificate() : {};
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("error", reject);
        response.on("end", () => resolve({ status: statusCode, body: text, subjectAltName: subjectaltname }));
      },
    );
    route?.limit(request, milliseconds);
    request.on("timeout", () => request.destroy(new Error(`no answer within ${milliseconds / 1000} s`)));
    request.on("error", reject);
    request.end(body);
  });
}
