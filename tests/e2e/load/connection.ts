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

/** The server refused a stream without processing the request, so that the client may send it again (RFC 9113, 8.7). */
class Refused extends Error {}

/**
 * A client of the API that behaves as client-go does. It keeps one HTTP/2 connection, and makes a new one when the server sends
 * GOAWAY or does not answer pings. It repeats only requests that the server refused, or asked to have repeated later.
 */
export class Connection {
  private session?: http2.ClientHttp2Session;
  private ended = false;

  constructor(private readonly access: Access) {}

  /** Rejects when the connection ends before the answer. Then the request may or may not have been processed. */
  async request(method: string, path: string, body?: object): Promise<Reply> {
    let text = "";
    const { status, retryAfter } = await this.stream(method, path, (chunk) => (text += chunk), body);
    if (retryAfter === undefined) return { status, body: text };
    await wait(retryAfter * 1000);
    return this.request(method, path, body);
  }

  /** Like `request`, but passes the parts of the answer's body to `onText` as they arrive. */
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

  /** Repeats connecting until the load balancer has chosen this controller. */
  async reach(controller: string): Promise<void> {
    while (!serverNames((await this.open()).socket as TLSSocket).includes(controller)) this.close();
  }

  /** Closes the connection. The next request makes a new one. */
  close(): void {
    this.session?.destroy();
  }

  /** Closes the connection for good. The current request and all later ones reject. */
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

/** Sends pings, because a machine that lost its power does not close its connections. */
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
  /** Seconds after which to repeat the request. Set when the server has not processed it, because it is busy or about to stop. */
  retryAfter?: number;
}

function exchange(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  onText: (text: string) => void,
  body?: object,
): Promise<Head> {
  return new Promise((resolve, reject) => {
    // A closing session sends no new requests, so the request can be repeated.
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
