import * as http from "http";
import * as https from "https";
import type { TLSSocket } from "tls";
import { routeTo } from "./proxy";

export interface Answer {
  status: number;
  body: string;
  /** The names in the certificate that the server showed, as OpenSSL writes them; empty for http. */
  subjectAltName: string;
  /** For messages: empty, or ` through the proxy HOST:PORT`. */
  through: string;
}

export interface Options extends https.RequestOptions {
  /** For an answer to begin, and between two parts of it. */
  milliseconds: number;
  body?: string;
  /** Says which proxies there are. Default: this process's environment. */
  environment?: NodeJS.ProcessEnv;
}

/** Sends a request, and resolves with the whole answer, whatever its status. Rejects as {@link open} does. */
export async function send(url: string, options: Options): Promise<Answer> {
  const { answer, through } = await open(url, options);
  const { statusCode: status = 0, socket } = answer;
  // The connection may be gone at the end of the answer.
  const { subjectaltname: subjectAltName = "" } = isSecure(url) ? (socket as TLSSocket).getPeerCertificate() : {};
  try {
    return { status, body: await textOf(answer), subjectAltName, through };
  } catch (error) {
    throw withWords(error as Error, through);
  }
}

/**
 * Sends a request, and resolves with the answer when its body begins. An https URL is reached through the proxy that the environment
 * names for it, unless the request brings an agent. Rejects with what happened, and the proxy's name, when there is no answer in
 * time. An answer that is silent for too long ends with an error.
 */
export function open(
  url: string,
  { milliseconds, body, environment, ...options }: Options,
): Promise<{ answer: http.IncomingMessage; through: string }> {
  const secure = isSecure(url);
  const route = secure && options.agent === undefined ? routeTo(url, environment) : undefined;
  const through = route?.through ?? "";
  return new Promise((resolve, rejectWith) => {
    const reject = (error: Error) => rejectWith(withWords(error, through));
    let answer: http.IncomingMessage | undefined;
    const request = (secure ? https : http).request(
      url,
      { agent: route?.agent ?? false, timeout: milliseconds, ...options },
      (response) => resolve({ answer: (answer = response), through }),
    );
    route?.limit(request, milliseconds);
    request.on("timeout", () => (answer ?? request).destroy(new Error(`no answer within ${milliseconds / 1000} s`)));
    request.on("error", reject);
    request.end(body);
  });
}

/** The body of an answer. */
export async function textOf(answer: http.IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += String(part);
  return text;
}

const isSecure = (url: string) => url.startsWith("https:");
const withWords = (error: Error, words: string) => new Error(`${error.message}${words}`, { cause: error });
