import { until } from "../lib/until";
import { Api, readKubeconfig } from "../verify/api";
import { Connection, Target } from "./connection";
import type { Loop } from "./loop";
import { Watch } from "./watch";
import { ConfigMap, Write, writeOf, Writer } from "./writer";

const COLLECTION = "/api/v1/namespaces/default/configmaps";
/** Number of writers that keep their connection. As many others make a new connection for every write. */
const WRITERS = 4;
/** Number of writers that go to the controllers' own addresses, and keep their connection. */
const DIRECT_WRITERS = 2;

interface List {
  metadata: { resourceVersion: string };
  items: ConfigMap[];
}

/**
 * Runs `work` while writers write to the API and a watch follows them. Returns what became of the writes. Parameters as in
 * Load.start.
 */
export async function underLoad(
  kubeconfig: string,
  controller: string,
  work: (load: Load) => Promise<void>,
  direct?: [Target, ...Target[]],
): Promise<Outcome> {
  const load = await Load.start(kubeconfig, controller, direct);
  try {
    await work(load);
    return await load.outcome();
  } finally {
    await load.stop();
  }
}

/** Writers, and a watch on what they write. Each has its own connection. */
export class Load {
  private constructor(
    private readonly api: Api,
    private readonly selected: string,
    /** Those that write through the front door. */
    readonly writers: Writer[],
    readonly directWriters: Writer[],
    private readonly watch: Watch,
  ) {}

  private get all(): Writer[] {
    return [...this.writers, ...this.directWriters];
  }

  /**
   * Starts the load. The front door connects the watch and the first writer to this controller. With `direct`, further writers
   * go to these servers instead of the front door.
   */
  static async start(kubeconfig: string, controller: string, direct?: [Target, ...Target[]]): Promise<Load> {
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
    const directWriters = Array.from({ length: direct === undefined ? 0 : DIRECT_WRITERS }, (_, i) =>
      writer(new Connection(...direct!), writers.length + i, true),
    );
    return new Load(api, selected, writers, directWriters, watch);
  }

  /** Waits until the API has acknowledged this number of further writes to every writer. */
  async continues(writes: number): Promise<void> {
    await furtherSuccesses(
      this.all.map(({ loop }) => loop),
      writes,
    );
  }

  /** Stops the writers, lets the watch catch up, and returns what became of the writes. */
  async outcome(): Promise<Outcome> {
    await this.stopWriting();
    const { items } = await this.api.json<List>(this.selected);
    const last = items.map(({ metadata }) => BigInt(metadata.resourceVersion)).reduce((a, b) => (a > b ? a : b));
    await until("the watch has caught up", 30, () => this.watch.hasReached(last));
    return this.compare(items);
  }

  /** Stops everything, and deletes what was written. */
  async stop(): Promise<void> {
    await Promise.all([this.stopWriting(), this.watch.stop()]);
    // One request for each writer, because the API deletes the objects of a collection one after the other, thousands of a long load.
    const options = { method: "DELETE", milliseconds: 300_000 } as const;
    await Promise.all(this.all.map((_, i) => this.api.json(`${this.selected}%2Cwriter%3D${i}`, options)));
  }

  private async stopWriting(): Promise<void> {
    await Promise.all(this.all.map(({ loop }) => loop.stop()));
  }

  private compare(items: ConfigMap[]): Outcome {
    const { seen, errors, resumed } = this.watch;
    const acknowledged = this.all.flatMap((writer) => writer.acknowledged);
    const failures = this.all.flatMap(({ loop }) => loop.failures);
    const gap = Math.max(...this.all.map(({ loop }) => loop.longestGapMs)) / 1000;
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

/** Waits until every client has succeeded this number of further times. Throws an Error with the clients that do not, after a minute. */
export async function furtherSuccesses(loops: Loop[], times: number, signal?: AbortSignal): Promise<void> {
  const goals = loops.map((loop) => ({ loop, goal: loop.successes + times, failures: loop.failures.length }));
  const late = () => goals.filter(({ loop, goal }) => loop.successes < goal);
  await until(`every client succeeds ${times} further times`, 60, () => late().length === 0, signal).catch(
    (error: Error) => {
      const seen = late().map(({ loop, goal, failures }) => {
        const failed = loop.failures.slice(failures);
        const last = failed.length === 0 ? "" : `, ${failed.length} failures, the last: ${failed.at(-1)}`;
        return `\n  client ${loops.indexOf(loop)}: ${goal - loop.successes} missing${last}; now: ${loop.doing}`;
      });
      throw new Error(error.message + seen.join(""), { cause: error });
    },
  );
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
