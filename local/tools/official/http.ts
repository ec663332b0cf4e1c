import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { pipeline } from "node:stream/promises";
import { routeTo } from "../../../lib/proxy";

/** How often a server may send us on. dl.k8s.io and GitHub do it once. */
const REDIRECTS = 5;

/** A server that sends nothing for so long during a download, in milliseconds, is given up. */
const SILENCE_MS = 30_000;

/** The text of a small file, whose server may be silent for so many milliseconds. Rejects with the URL and what happened. */
export async function read(url: string, signal: AbortSignal, milliseconds: number): Promise<string> {
  const answer = await open(url, signal, milliseconds);
  return naming(url, signal, async () => {
    let text = "";
    for await (const chunk of answer) text += String(chunk);
    return text;
  });
}

/** Writes what the URL has to a new file, and resolves with its digest (hex). */
export async function save(url: string, file: string, algorithm: string, signal: AbortSignal): Promise<string> {
  const answer = await open(url, signal, SILENCE_MS);
  const hash = createHash(algorithm);
  answer.on("data", (chunk: Buffer) => void hash.update(chunk));
  await naming(url, signal, () => pipeline(answer, createWriteStream(file)));
  return hash.digest("hex");
}

/** The answer with status 200, after redirects. Proxies of the environment apply to https. */
async function open(
  url: string,
  signal: AbortSignal,
  silence: number,
  redirects = REDIRECTS,
): Promise<http.IncomingMessage> {
  const answer = await naming(url, signal, () => request(url, signal, silence));
  const { statusCode = 0, headers } = answer;
  if (statusCode === 200) return answer;
  answer.destroy();
  if (statusCode < 300 || statusCode >= 400 || !headers.location)
    throw new Error(`${plain(url)} answers HTTP ${statusCode}`);
  const next = new URL(headers.location, url).href;
  if (url.startsWith("https:") && !next.startsWith("https:"))
    throw new Error(`${plain(url)} redirects to ${plain(next)}, which is not https`);
  if (redirects === 0) throw new Error(`${plain(url)} redirects too often`);
  return open(next, signal, silence, redirects - 1);
}

function request(url: string, signal: AbortSignal, silence: number): Promise<http.IncomingMessage> {
  const secure = url.startsWith("https:");
  const route = secure ? routeTo(url) : undefined;
  return new Promise((resolve, rejectWith) => {
    const reject = (error: Error) => rejectWith(new Error(`${error.message}${route?.through ?? ""}`, { cause: error }));
    let answer: http.IncomingMessage | undefined;
    const options = { agent: route?.agent ?? false, timeout: silence, signal };
    const sent = (secure ? https : http).get(url, options, (response) => resolve((answer = response)));
    route?.limit(sent, silence);
    sent.on("timeout", () => (answer ?? sent).destroy(new Error(`no answer within ${silence / 1000} s`)));
    sent.on("error", reject);
    // While a proxy has not answered, the request has no socket that the signal could close.
    const ended = () => reject(signal.reason as Error);
    signal.addEventListener("abort", ended);
    sent.once("close", () => signal.removeEventListener("abort", ended));
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
