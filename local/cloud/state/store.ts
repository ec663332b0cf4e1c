/**
 * The state in memory, an immutable tree (immer), and its copy on disk, a JSON file.
 *
 * There are two ways to change it:
 * - `update` for a caller's request. It takes effect once it is on disk; if it cannot be written, nothing changes.
 * - `record` for an event that has happened (a machine runs now). It takes effect at once, and is written as soon as possible.
 *
 * Changes are applied one after another. Those that arrive during a write share the next write.
 */
import { EventEmitter } from "node:events";
import * as fs from "node:fs/promises";
import { produce } from "immer";
import { replaceFile } from "./file";
import { CloudState, emptyState } from "./model";

export type Recipe<T> = (draft: CloudState) => T;

/** The state file cannot be written, so the change was not made. */
export class StorageError extends Error {}

interface Pending {
  recipe: Recipe<unknown>;
  durable: boolean;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

const RETRY_MS = 1000;

export class Store extends EventEmitter<{ change: [] }> {
  private queue: Pending[] = [];
  private flushing?: Promise<void>;
  private dirty = false;
  private closed = false;
  private retry?: NodeJS.Timeout;

  private constructor(
    readonly file: string,
    private current: CloudState,
    private readonly write: typeof replaceFile,
  ) {
    super();
    this.setMaxListeners(0);
  }

  /** Opens the state file, which need not exist yet. Tests pass a `write` that fails. */
  static async open(file: string, write: typeof replaceFile = replaceFile): Promise<Store> {
    let text: string | undefined;
    try {
      text = await fs.readFile(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    return new Store(file, text === undefined ? emptyState() : parse(file, text), write);
  }

  /** A frozen snapshot. Later changes do not affect it. */
  get state(): CloudState {
    return this.current;
  }

  /**
   * Applies a caller's change. Resolves with the recipe's result once it is on disk. Rejects with what the recipe throws, or
   * with a {@link StorageError}.
   */
  update<T>(recipe: Recipe<T>): Promise<T> {
    return this.enqueue(recipe, true);
  }

  /** Applies an event. Resolves once it is in memory. */
  record<T>(recipe: Recipe<T>): Promise<T> {
    return this.enqueue(recipe, false);
  }

  /** Resolves when every change so far is applied and, if the disk works, written. */
  async settle(): Promise<void> {
    while (this.flushing) await this.flushing;
  }

  /**
   * Writes the changes so far, and takes no more: the file belongs to the next daemon. Promises for later changes never
   * settle, as if the process had ended.
   */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.settle();
    clearTimeout(this.retry);
    this.removeAllListeners();
  }

  private enqueue<T>(recipe: Recipe<T>, durable: boolean): Promise<T> {
    if (this.closed) return new Promise(() => undefined);
    return new Promise<T>((resolve, reject) => {
      this.queue.push({ recipe, durable, resolve: resolve as (value: unknown) => void, reject });
      this.flush();
    });
  }

  private flush(): void {
    this.flushing ??= this.drain().finally(() => {
      this.flushing = undefined;
      if (this.queue.length > 0) this.flush();
    });
  }

  private async drain(): Promise<void> {
    await Promise.resolve();
    while (this.queue.length > 0 || (this.dirty && !this.retry)) {
      const batch = this.queue.splice(0);
      const applied = this.apply(batch);
      try {
        if (applied.state !== this.current || this.dirty) await this.write(this.file, JSON.stringify(applied.state));
        this.dirty = false;
        this.commit(applied.state, applied.settlements);
      } catch (error) {
        this.fallBack(batch, error as Error);
      }
    }
  }

  /** The file cannot be written. Callers' changes are refused; events stay in memory and are written later. */
  private fallBack(batch: Pending[], cause: Error): void {
    const refusal = new StorageError(`The state file ${this.file} cannot be written: ${cause.message}`, { cause });
    batch.filter((pending) => pending.durable).forEach((pending) => pending.reject(refusal));
    const facts = this.apply(batch.filter((pending) => !pending.durable));
    this.dirty = this.dirty || facts.state !== this.current;
    this.commit(facts.state, facts.settlements);
    if (!this.dirty || this.retry) return;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.flush();
    }, RETRY_MS);
    this.retry.unref();
  }

  private apply(batch: Pending[]): { state: CloudState; settlements: (() => void)[] } {
    let state = this.current;
    const settlements = batch.map(({ recipe, resolve, reject }) => {
      try {
        let result: unknown;
        state = produce(state, (draft) => {
          result = recipe(draft);
        });
        return () => resolve(result);
      } catch (error) {
        return () => reject(error);
      }
    });
    return { state, settlements };
  }

  private commit(state: CloudState, settlements: (() => void)[]): void {
    const changed = state !== this.current;
    this.current = state;
    settlements.forEach((settle) => settle());
    if (changed) this.emit("change");
  }
}

function parse(file: string, text: string): CloudState {
  const hint = "Remove the local cloud and its state with `stop`, then run `start`.";
  let state: Partial<CloudState>;
  try {
    state = JSON.parse(text) as Partial<CloudState>;
  } catch (error) {
    throw new Error(`The state file ${file} is not JSON (${(error as Error).message}). ${hint}`, { cause: error });
  }
  if (state?.version !== 1) {
    throw new Error(
      `The state file ${file} has version ${String(state?.version)}; this program can read only version 1. ${hint}`,
    );
  }
  return { ...emptyState(), ...state };
}
