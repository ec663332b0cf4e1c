import { setTimeout as wait } from "timers/promises";
import { Connection } from "./connection";

/** A write that the API acknowledged. */
export interface Write {
  object: string;
  sequence: number;
  /** The object's version after this write. Unique in the whole cluster. */
  resourceVersion: string;
}

export interface ConfigMap {
  metadata: { name: string; resourceVersion: string };
  data: { sequence: string };
}

export const writeOf = ({ metadata, data }: ConfigMap): Write => ({
  object: metadata.name,
  sequence: Number(data.sequence),
  resourceVersion: metadata.resourceVersion,
});

/** One writer makes at most 20 writes in a second, ten of them to each object. */
const PAUSE_MS = 50;
const WRITES_PER_OBJECT = 10;

/** Writes increasing numbers into ConfigMaps. It creates one, updates it several times, and continues with the next. */
export class Writer {
  readonly acknowledged: Write[] = [];
  readonly failures: string[] = [];
  longestGapMs = 0;
  private sequence = 0;
  /** The version of the current object. Undefined before it is created, null when a failure has made it unknown. */
  private version: string | undefined | null;
  private writing = true;
  private readonly done: Promise<void>;

  /** `keeps`: uses one connection for all writes. Otherwise it makes a new one for each write, as kubectl does. */
  constructor(
    private readonly connection: Connection,
    private readonly collection: string,
    private readonly metadata: { name: string; labels: Record<string, string> },
    private readonly keeps: boolean,
  ) {
    this.done = this.run();
  }

  /** Stops the writer. Resolves once its current write has its answer. */
  async stop(): Promise<void> {
    this.writing = false;
    await this.done;
    this.connection.end();
  }

  private async run(): Promise<void> {
    let last = performance.now();
    for (; this.writing; await wait(PAUSE_MS)) {
      try {
        await this.write();
        this.longestGapMs = Math.max(this.longestGapMs, performance.now() - last);
        last = performance.now();
      } catch (error) {
        this.failures.push((error as Error).message);
        this.version = null;
      }
      if (!this.keeps) this.connection.close();
    }
  }

  private async write(): Promise<void> {
    const sequence = ++this.sequence;
    const name = `${this.metadata.name}-${Math.floor(sequence / WRITES_PER_OBJECT)}`;
    if (sequence % WRITES_PER_OBJECT === 0) this.version = undefined;
    if (this.version === null) this.version = await this.read(name);
    const { version: resourceVersion } = this;
    const body = { metadata: { ...this.metadata, name, resourceVersion }, data: { sequence: String(sequence) } };
    const written = await (resourceVersion === undefined
      ? this.ask("POST", this.collection, body)
      : this.ask("PUT", `${this.collection}/${name}`, body));
    this.version = written.metadata.resourceVersion;
    this.acknowledged.push(writeOf(written));
  }

  /** Reads the object's version after a write with an unknown outcome. */
  private async read(name: string): Promise<string | undefined> {
    const { status, body } = await this.connection.request("GET", `${this.collection}/${name}`);
    if (status === 404) return undefined;
    return configMap(status, body).metadata.resourceVersion;
  }

  private async ask(method: string, path: string, body: object): Promise<ConfigMap> {
    const answer = await this.connection.request(method, path, body);
    return configMap(answer.status, answer.body);
  }
}

function configMap(status: number, body: string): ConfigMap {
  if (status !== 200 && status !== 201) throw new Error(`HTTP ${status}: ${body.slice(0, 200)}`);
  return JSON.parse(body) as ConfigMap;
}
