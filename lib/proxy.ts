/** Proxies of the environment, by the rules that Go's programs follow, so that kubectl, the plugins and this program agree. */
import type { ClientRequest, IncomingMessage } from "http";
import type { Agent } from "https";
import { HttpsProxyAgent } from "https-proxy-agent";
import { BlockList, isIP } from "net";

type Env = NodeJS.ProcessEnv;

const VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "grpc_proxy"];
const noProxy = (env: Env) => env.NO_PROXY || env.no_proxy || "";

/**
 * The variables that keep `hosts` (names, addresses or CIDR ranges) from the proxies of the environment, added to those that it
 * keeps already. None when it has no proxy.
 */
export function withoutProxy(hosts: string[], env: Env = process.env): Env {
  if (VARIABLES.every((name) => !env[name])) return {};
  const all = [...noProxy(env).split(","), ...hosts].map((host) => host.trim()).filter(Boolean);
  const list = [...new Set(all)].join(",");
  return { NO_PROXY: list, no_proxy: list };
}

/** The URL of the proxy for an https URL; undefined when the environment names none for it. */
export function httpsProxy(url: string, env: Env = process.env): string | undefined {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const proxy = env.HTTPS_PROXY || env.https_proxy;
  if (!proxy || isLoopback(host)) return undefined;
  if (
    noProxy(env)
      .toLowerCase()
      .split(",")
      .some((entry) => covers(entry.trim(), host, port || "443"))
  )
    return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

const isLoopback = (host: string) =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/** Whether an entry of NO_PROXY covers a host: `*`, a CIDR range, an address, or a domain with all below it, maybe with a port. */
function covers(entry: string, host: string, port: string): boolean {
  if (entry === "" || entry === "*") return entry === "*";
  if (entry.includes("/")) return isInRange(host, entry);
  const [, name = entry, only] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(isIP(entry) === 6 ? "" : entry) ?? [];
  if (only !== undefined && only !== port) return false;
  const domain = name.replace(/^\*?\./, "");
  return (host === domain && domain === name) || (isIP(host) === 0 && host.endsWith(`.${domain}`));
}

function isInRange(host: string, range: string): boolean {
  const [address = "", bits] = range.split("/");
  const family = (text: string) => (isIP(text) === 6 ? "ipv6" : "ipv4");
  if (isIP(host) === 0 || isIP(host) !== isIP(address)) return false;
  try {
    const list = new BlockList();
    list.addSubnet(address, Number(bits), family(address));
    return list.check(host, family(host));
  } catch {
    return false; // Go ignores a range that is not one, too.
  }
}

/** How a request reaches its server, on a new connection. */
export interface Route {
  agent: Agent | false;
  /** For messages: empty, or ` through the proxy HOST:PORT`. */
  through: string;
  /** Ends a request with an error when no answer begins within the time, or when the proxy refuses the connection. */
  limit: (request: ClientRequest, milliseconds: number) => void;
}

/** The route of one request to an https URL: through the proxy that the environment names for it, or straight. */
export function routeTo(url: string, env?: Env): Route {
  const proxy = httpsProxy(url, env);
  const waiting = new AbortController();
  return {
    agent: proxy === undefined ? false : new HttpsProxyAgent(proxy, { signal: waiting.signal }),
    through: proxy === undefined ? "" : ` through the proxy ${new URL(proxy).host}`,
    limit: (request, milliseconds) => limit(request, milliseconds, waiting),
  };
}

function limit(request: ClientRequest, milliseconds: number, waiting: AbortController): void {
  const late = () => {
    const message = `no answer within ${milliseconds / 1000} s`;
    // While the proxy has not answered, the request has no socket that could end with it: the wait ends, with an error of Node's own.
    request.prependOnceListener("error", (error) => (error.message = message));
    request.destroy(new Error(message));
    waiting.abort();
  };
  const timer = setTimeout(late, milliseconds);
  for (const end of ["response", "close"]) request.once(end, () => clearTimeout(timer));
  request.once("proxyConnect", ({ statusCode }: IncomingMessage) => {
    if (statusCode !== 200) request.destroy(new Error(`the proxy answered HTTP ${statusCode}`));
  });
}
