import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { pipeline } from "node:stream/promises";
import { routeTo } from "../../../lib/proxy";
import { open, textOf } from "../../../lib/request";

/** How often a server may send us on. dl.k8s.io and GitHub do it once. */
const REDIRECTS = 5;

/** A server that sends nothing for so long during a download, in milliseconds, is given up. */
const SILENCE_MS = 30_000;

/** The text of a small file, whose server may be silent for so many milliseconds. Rejects with the URL and what happened. */
export async function read(
  url: string,
  signal: AbortSignal,
  milliseconds: number,
  headers: OutgoingHttpHeaders = {},
): Promise<string> {
  const answer = await follow(url, signal, { milliseconds, headers });
  return naming(url, signal, () => textOf(answer));
}

/** Writes what the URL has to a new file, and resolves with its digest (hex). */
export async function save(
  url: string,
  file: string,
  algorithm: string,
  signal: AbortSignal,
  headers: OutgoingHttpHeaders = {},
): Promise<string> {
  const answer = await follow(url, signal, { milliseconds: SILENCE_MS, headers });
  const hash = createHash(algorithm);
  answer.on("data", (chunk: Buffer) => void hash.update(chunk));
  await naming(url, signal, () => pipeline(answer, createWriteStream(file)));
  return hash.digest("hex");
}

interface Request {
  milliseconds: number;
  headers: OutgoingHttpHeaders;
}

/** The answer with status 200, after redirects. Proxies of the environment apply to https. */
async function follow(
  url: string,
  signal: AbortSignal,
  request: Request,
  redirects = REDIRECTS,
): Promise<IncomingMessage> {
  const answer = await naming(url, signal, () => begin(url, signal, request));
  const { statusCode = 0, headers } = answer;
  if (statusCode === 200) return answer;
  answer.destroy();
  if (statusCode < 300 || statusCode >= 400 || !headers.location)
    throw new Error(`${plain(url)} answers HTTP ${statusCode}`);
  const next = new URL(headers.location, url).href;
  if (url.startsWith("https:") && !next.startsWith("https:"))
    throw new Error(`${plain(url)} redirects to ${plain(next)}, which is not https`);
  if (redirects === 0) throw new Error(`${plain(url)} redirects too often`);
  return follow(next, signal, request, redirects - 1);
}

function begin(url: string, signal: AbortSignal, request: Request): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // While a proxy has not answered, the request has no socket that the signal could close.
    const ended = () => reject(signal.reason as Error);
    signal.addEventListener("abort", ended);
    open(url, { signal, ...request })
      .then(({ answer }) => resolve(answer), reject)
      .finally(() => signal.removeEventListener("abort", ended));
  });
}

/** Runs `work`. Its error names the URL, and why the signal ended it, where that is the reason. */
async function naming<T>(url: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) throw new Error(`${plain(url)}: ${(error as Error).message}`, { cause: error });
    const through = url.startsWith("https:") ? routeTo(url).through : "";
    throw new Error(`${plain(url)}: ${(signal.reason as Error).message}${through}`, { cause: error });
  }
}

/** Without the query, which may have a signature of several hundred characters. */
const plain = (url: string) => url.replace(/\?.*$/, "");
