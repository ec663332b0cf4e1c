import * as http2 from "http2";
import { setTimeout as wait } from "timers/promises";
import { TLSSocket } from "tls";
import { deadline } from "../lib/deadline";
import { Access, serverNames } from "../verify/api";

export interface Reply {
  status: number;
  body: string;
}

/** How soon a client gives up, in milliseconds. */
export interface Patience {
  /** From the start of a connection until it is usable. */
  connect: number;
  pingEvery: number;
  pongWithin: number;
  /** From a request to the end of its answer; none when undefined. */
  answer?: number;
}

/** Of a client with one address, behind which a load balancer chooses a server. */
const PATIENT: Patience = { connect: 5_000, pingEvery: 1_000, pongWithin: 3_000 };
/** Of a client that has other servers to turn to. It does not wait for one that is silent for as long as an election takes. */
const IMPATIENT: Patience = { connect: 500, pingEvery: 250, pongWithin: 750, answer: 1_000 };

const { NGHTTP2_REFUSED_STREAM } = http2.constants;

/** The server refused a stream without processing the request, so that the client may send it again (RFC 9113, 8.7). */
class Refused extends Error {}

/** A server that a client knows. `name`: the server's name in its certificate, where that is not in the URL. */
export type Target = Access & { name?: string };

/**
 * A client of the API that behaves as client-go does. It keeps one HTTP/2 connection, and makes a new one when the server sends
 * GOAWAY or does not answer pings. It repeats only requests that the server refused, or asked to have repeated later. One that
 * knows several servers turns to the next one for each new connection, and when a request has no answer in time.
 */
export class Connection {
  /** For errors: what it does now, or did last. */
  doing = "nothing yet";
  private server = "";
  private session?: http2.ClientHttp2Session;
  private readonly life = new AbortController();
  private readonly targets: Target[];
  private readonly patience: Patience;

  constructor(...targets: [Target, ...Target[]]) {
    this.targets = targets;
    this.patience = targets.length > 1 ? IMPATIENT : PATIENT;
  }

  /** Rejects when the connection ends before the answer. Then the request may or may not have been processed. */
  async request(method: string, path: string, body?: object): Promise<Reply> {
    let text = "";
    const { status, retryAfter } = await this.stream(method, path, (chunk) => (text += chunk), body);
    if (retryAfter === undefined) return { status, body: text };
    this.doing = `waits ${retryAfter} s, as the server asked: ${text.slice(0, 200)}`;
    await wait(retryAfter * 1000, undefined, { signal: this.life.signal });
    return this.request(method, path, body);
  }

  /** Like `request`, but passes the parts of the answer's body to `onText` as they arrive. */
  async stream(method: string, path: string, onText: (text: string) => void, body?: object): Promise<Head> {
    for (;;) {
      const session = await this.open();
      try {
        this.doing = `${method} ${path} to ${this.server}`;
        const answer = exchange(session, { ":method": method, ":path": path, ...JSON_HEADERS }, onText, body);
        return await within(this.patience.answer, answer, (late) => session.destroy(late));
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
    this.life.abort(new Error("this client has ended"));
    this.close();
  }

  private async open(): Promise<http2.ClientHttp2Session> {
    if (this.session === undefined || this.session.closed || this.session.destroyed) {
      const [target] = this.targets as [Target];
      this.targets.push(this.targets.shift()!);
      this.server = target.server;
      this.doing = `connects to ${this.server}`;
      this.session = await connect(target, this.patience);
    }
    if (this.life.signal.aborted) this.close();
    this.life.signal.throwIfAborted();
    return this.session;
  }
}

const JSON_HEADERS = { "content-type": "application/json", accept: "application/json" };

/** Passes an answer on, or calls `giveUp` when there is none in time. */
async function within<T>(ms: number | undefined, answer: Promise<T>, giveUp: (late: Error) => void): Promise<T> {
  if (ms === undefined) return answer;
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = deadline(ms, () => {
      const error = new Error(`no answer within ${ms} ms`);
      giveUp(error);
      reject(error);
    });
  });
  return Promise.race([answer, late]).finally(cancel);
}

function connect({ server, ca, client, name }: Target, patience: Patience): Promise<http2.ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(server, { ca, ...client, ...(name === undefined ? {} : { servername: name }) });
    const ms = patience.connect;
    // A destroyed session does not always say so: clients waited for its events without end.
    const cancel = deadline(ms, () => {
      const error = new Error(`not connected within ${ms} ms`);
      reject(error);
      session.destroy(error);
    });
    session.on("error", reject);
    session.once("close", () => {
      cancel();
      reject(new Error("the connection closed before it was made"));
    });
    session.once("connect", () => {
      cancel();
      keepAsking(session, patience);
      resolve(session);
    });
  });
}

/** Sends pings, because a machine that lost its power does not close its connections. */
function keepAsking(session: http2.ClientHttp2Session, { pingEvery, pongWithin }: Patience): void {
  let cancel: (() => void) | undefined;
  const asking = setInterval(() => {
    if (cancel !== undefined || session.destroyed) return;
    cancel = deadline(pongWithin, () => session.destroy(new Error(`no answer to a ping for ${pongWithin} ms`)));
    session.ping(() => {
      cancel?.();
      cancel = undefined;
    });
  }, pingEvery);
  session.once("close", () => {
    clearInterval(asking);
    cancel?.();
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
