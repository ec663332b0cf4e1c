import { setTimeout as wait } from "timers/promises";
import { Connection } from "./connection";
import { ConfigMap, Write, writeOf } from "./writer";

interface Event {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: ConfigMap & { code?: number; message?: string };
}

/** Pause before a failed watch is tried again. */
const PAUSE_MS = 100;

/** Follows a collection from a version on, as client-go's informers do. A watch that breaks resumes where it was. */
export class Watch {
  readonly seen: Write[] = [];
  /** Errors that the API reported to the watch, for example that it has missed changes that are no longer stored. */
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

  /** Whether the watch has received everything up to a version. */
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

  /** Runs one watch until it ends. */
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
    if (object === undefined) return; // An error's Status, which is not an event.
    if (type === "ERROR") return void this.errors.push(`${object.code}: ${object.message}`);
    this.resourceVersion = object.metadata.resourceVersion;
    if (type === "BOOKMARK") return;
    this.seen.push(writeOf(object));
  }
}
