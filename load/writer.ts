import type { Connection } from "./connection";
import { Loop } from "./loop";

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

const WRITES_PER_OBJECT = 10;

/** Writes increasing numbers into ConfigMaps. It creates one, updates it several times, and continues with the next. */
export class Writer {
  readonly acknowledged: Write[] = [];
  readonly loop: Loop;
  private sequence = 0;
  /** The version of the current object. Undefined before it is created, null when a failure has made it unknown. */
  private version: string | undefined | null;

  /** `keeps` as in Loop. */
  constructor(
    private readonly connection: Connection,
    private readonly collection: string,
    private readonly metadata: { name: string; labels: Record<string, string> },
    keeps: boolean,
  ) {
    const write = () =>
      this.write().catch((error: Error) => {
        this.version = null;
        throw error;
      });
    this.loop = new Loop(connection, keeps, write);
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
