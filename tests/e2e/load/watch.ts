import { setTimeout as wait } from "timers/promises";
import { Connection } from "./connection";
import { ConfigMap, Write, writeOf } from "./writer";

interface Event {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: ConfigMap & { code?: number; message?: string };
}

/** Before a watch that could not even begin is tried again. */
const PAUSE_MS = 100;

/** Follows a collection from a version on, as client-go's informers do: a watch that breaks goes on where it was. */
export class Watch {
  readonly seen: Write[] = [];
  /** Answers other than changes: a watch that was told that changes are gone has missed them. */
  readonly errors: string[] = [];
  resumed = 0;
  private watching = true;
  private readonly done: Promise<void>;

  constructor(
    private readonly connection: Connection,
    private readonly path: string,
    private resourceVersion: string,
  ) {
    this.done = this.run();
  }

  /** Whether everything up to a version has come. */
  hasReached(resourceVersion: bigint): boolean {
    return BigInt(this.resourceVersion) >= resourceVersion;
  }

  async stop(): Promise<void> {
    this.watching = false;
    this.connection.end();
    await this.done;
  }

  private async run(): Promise<void> {
    for (; this.watching; this.resumed++) {
      await this.follow().catch(() => wait(PAUSE_MS));
    }
  }

  /** One watch, until it ends. */
  private async follow(): Promise<void> {
    let rest = "";
    const onText = (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      lines.forEach((line) => this.take(line));
    };
    const from = `watch=true&allowWatchBookmarks=true&resourceVersion=${this.resourceVersion}`;
    const { status, retryAfter } = await this.connection.stream("GET", `${this.path}&${from}`, onText);
    if (retryAfter !== undefined) await wait(retryAfter * 1000);
    else if (status !== 200) this.errors.push(`HTTP ${status}`);
  }

  private take(line: string): void {
    const { type, object } = JSON.parse(line) as Partial<Event>;
    if (object === undefined) return; // Not a change, but why there are none.
    if (type === "ERROR") return void this.errors.push(`${object.code}: ${object.message}`);
    this.resourceVersion = object.metadata.resourceVersion;
    if (type === "BOOKMARK") return;
    this.seen.push(writeOf(object));
  }
}
