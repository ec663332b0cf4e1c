import { Api, readKubeconfig } from "../../../verify/api";
import { until } from "../support";
import { Connection } from "./connection";
import { Watch } from "./watch";
import { ConfigMap, Write, writeOf, Writer } from "./writer";

const COLLECTION = "/api/v1/namespaces/default/configmaps";
/** Number of writers that keep their connection. As many others make a new connection for every write. */
const WRITERS = 4;

interface List {
  metadata: { resourceVersion: string };
  items: ConfigMap[];
}

/** Runs `work` while writers write to the API and a watch follows them. Returns what became of the writes. */
export async function underLoad(
  kubeconfig: string,
  controller: string,
  work: (load: Load) => Promise<void>,
): Promise<Outcome> {
  const load = await Load.start(kubeconfig, controller);
  try {
    await work(load);
    return await load.outcome();
  } finally {
    await load.stop();
  }
}

/** Writers, and a watch on what they write. Each has its own connection through the front door. */
export class Load {
  private constructor(
    private readonly api: Api,
    private readonly selected: string,
    private readonly writers: Writer[],
    private readonly watch: Watch,
  ) {}

  /** Starts the load. The front door connects the watch and the first writer to this controller. */
  static async start(kubeconfig: string, controller: string): Promise<Load> {
    const api = new Api(kubeconfig);
    const access = readKubeconfig(kubeconfig);
    const run = `load-${process.pid}-${Date.now()}`;
    const selected = `${COLLECTION}?labelSelector=load%3D${run}`;
    const [watched, written] = [new Connection(access), new Connection(access)];
    await Promise.all([watched.reach(controller), written.reach(controller)]);
    const { metadata } = await api.json<List>(selected);
    const watch = new Watch(watched, selected, metadata.resourceVersion);
    const writer = (connection: Connection, i: number, keeps: boolean) =>
      new Writer(connection, COLLECTION, { name: `${run}-${i}`, labels: { load: run, writer: `${i}` } }, keeps);
    const writers = Array.from({ length: 2 * WRITERS }, (_, i) =>
      writer(i === 0 ? written : new Connection(access), i, i < WRITERS),
    );
    return new Load(api, selected, writers, watch);
  }

  /** Waits until the API has acknowledged this number of further writes to every writer. */
  async continues(writes: number): Promise<void> {
    const goals = this.writers.map(({ acknowledged }) => acknowledged.length + writes);
    await until(`the API acknowledges ${writes} further writes of every writer`, 60, () =>
      Promise.resolve(this.writers.every(({ acknowledged }, i) => acknowledged.length >= goals[i]!)),
    );
  }

  /** Stops the writers, lets the watch catch up, and returns what became of the writes. */
  async outcome(): Promise<Outcome> {
    await this.stopWriting();
    const { items } = await this.api.json<List>(this.selected);
    const last = items.map(({ metadata }) => BigInt(metadata.resourceVersion)).reduce((a, b) => (a > b ? a : b));
    await until("the watch has caught up", 30, () => Promise.resolve(this.watch.hasReached(last)));
    return this.compare(items);
  }

  /** Stops everything, and deletes what was written. */
  async stop(): Promise<void> {
    await Promise.all([this.stopWriting(), this.watch.stop()]);
    // One request for each writer, because the API deletes the objects of a collection one after the other.
    await Promise.all(
      this.writers.map((_, i) => this.api.json(`${this.selected}%2Cwriter%3D${i}`, { method: "DELETE" })),
    );
  }

  private async stopWriting(): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.stop()));
  }

  private compare(items: ConfigMap[]): Outcome {
    const { seen, errors, resumed } = this.watch;
    const acknowledged = this.writers.flatMap((writer) => writer.acknowledged);
    const failures = this.writers.flatMap((writer) => writer.failures);
    const gap = Math.max(...this.writers.map((writer) => writer.longestGapMs)) / 1000;
    const present = items.map(writeOf);
    const kept = new Map(present.map(({ object, sequence }) => [object, sequence]));
    const told = new Set(seen.map(key));
    return {
      failures,
      lost: acknowledged.filter(({ object, sequence }) => !((kept.get(object) ?? 0) >= sequence)),
      missed: [...acknowledged, ...present].filter((write) => !told.has(key(write))),
      disordered: seen.filter((write, i) => i > 0 && version(write) <= version(seen[i - 1]!)),
      watchErrors: errors,
      resumed,
      figures:
        `${acknowledged.length} writes acknowledged, ${failures.length} failed, longest gap of a writer ${gap.toFixed(1)} s; ` +
        `${seen.length} changes watched, resumed ${resumed} times`,
    };
  }
}

export interface Outcome {
  /** Errors of writes that the API refused, or whose outcome the client does not know. */
  failures: string[];
  /** Writes that the API acknowledged, but whose object has neither this nor a later value. */
  lost: Write[];
  /** Writes that were acknowledged or are there, but that the watch did not report. */
  missed: Write[];
  /** Writes that the watch reported twice, or after a later one. */
  disordered: Write[];
  watchErrors: string[];
  /** How often the watch broke and resumed. */
  resumed: number;
  /** A summary for people. */
  figures: string;
}

const version = ({ resourceVersion }: Write) => BigInt(resourceVersion);
const key = ({ object, sequence, resourceVersion }: Write) => `${object} ${sequence} ${resourceVersion}`;
