import * as http2 from "http2";
import { setTimeout as wait } from "timers/promises";
import { TLSSocket } from "tls";
import { Access, serverNames } from "../../../verify/api";

export interface Reply {
  status: number;
  body: string;
}

const CONNECT_MS = 5_000;
const PING_EVERY_MS = 1_000;
const PONG_WITHIN_MS = 3_000;
const { NGHTTP2_REFUSED_STREAM } = http2.constants;

/** A stream that the server refused: it has not looked at the request, which can be sent again (RFC 9113, 8.7). */
class Refused extends Error {}

/**
 * A client of the API as client-go is one: HTTP/2 on one connection that is kept, and made anew when the server says goodbye
 * or does not answer pings; what the server refused or asks for again later is sent again, and nothing else.
 */
export class Connection {
  private session?: http2.ClientHttp2Session;
  private ended = false;

  constructor(private readonly access: Access) {}

  /** Rejects when the connection ends before the answer: then nobody knows whether the request was carried out. */
  async request(method: string, path: string, body?: object): Promise<Reply> {
    let text = "";
    const { status, retryAfter } = await this.stream(method, path, (chunk) => (text += chunk), body);
    if (retryAfter === undefined) return { status, body: text };
    await wait(retryAfter * 1000);
    return this.request(method, path, body);
  }

  /** Like `request`, with the answer's body given to `onText` as it comes. */
  async stream(method: string, path: string, onText: (text: string) => void, body?: object): Promise<Head> {
    for (;;) {
      const session = await this.open();
      try {
        return await exchange(session, { ":method": method, ":path": path, ...JSON_HEADERS }, onText, body);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
  }

  /** Connects again and again until the load balancer has chosen the controller with this name. */
  async reach(controller: string): Promise<void> {
    while (!serverNames((await this.open()).socket as TLSSocket).includes(controller)) this.close();
  }

  /** The next request is a new connection's. */
  close(): void {
    this.session?.destroy();
  }

  /** For good: a request under way rejects, and so does each that comes. */
  end(): void {
    this.ended = true;
    this.close();
  }

  private async open(): Promise<http2.ClientHttp2Session> {
    if (this.session === undefined || this.session.closed || this.session.destroyed) {
      this.session = await connect(this.access);
    }
    if (!this.ended) return this.session;
    this.close();
    throw new Error("this client has ended");
  }
}

const JSON_HEADERS = { "content-type": "application/json", accept: "application/json" };

function connect({ server, ca, client }: Access): Promise<http2.ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(server, { ca, ...client });
    const late = setTimeout(() => session.destroy(new Error(`not connected within ${CONNECT_MS} ms`)), CONNECT_MS);
    session.on("error", reject);
    session.once("close", () => clearTimeout(late));
    session.once("connect", () => {
      clearTimeout(late);
      keepAsking(session);
      resolve(session);
    });
  });
}

/** A machine that lost its power does not say so: pings do. */
function keepAsking(session: http2.ClientHttp2Session): void {
  let late: NodeJS.Timeout | undefined;
  const asking = setInterval(() => {
    if (late !== undefined || session.destroyed) return;
    late = setTimeout(() => session.destroy(new Error(`no answer to a ping for ${PONG_WITHIN_MS} ms`)), PONG_WITHIN_MS);
    session.ping(() => {
      clearTimeout(late);
      late = undefined;
    });
  }, PING_EVERY_MS);
  session.once("close", () => {
    clearInterval(asking);
    clearTimeout(late);
  });
}

interface Head {
  status: number;
  /** Seconds; set when the server is too busy, or about to stop, and has done nothing. */
  retryAfter?: number;
}

function exchange(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  onText: (text: string) => void,
  body?: object,
): Promise<Head> {
  return new Promise((resolve, reject) => {
    // One that is closing takes no new request, which then was not sent.
    if (session.closed || session.destroyed) return reject(new Refused());
    const stream = session.request(headers);
    let head: Head | undefined;
    stream.setEncoding("utf8");
    stream.on("response", (answer) => {
      const status = Number(answer[":status"]);
      const retryAfter = answer["retry-after"];
      head = status === 429 && retryAfter !== undefined ? { status, retryAfter: Number(retryAfter) } : { status };
    });
    stream.on("data", onText);
    stream.on("error", (error: Error) => reject(stream.rstCode === NGHTTP2_REFUSED_STREAM ? new Refused() : error));
    stream.on("end", () => head && resolve(head));
    stream.on("close", () => reject(new Error("the connection ended before the answer")));
    stream.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
