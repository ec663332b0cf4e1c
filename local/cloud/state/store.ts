/**
 * The cloud's memory: one immutable tree (immer), kept in one JSON file.
 *
 * Two ways to change it:
 * - `update` for what a caller asks: it takes effect when it is on disk, or not at all.
 * - `record` for what has happened anyway (a machine runs now): it takes effect at once and reaches the disk as soon as that is possible.
 *
 * Changes are applied one after another; those that arrive while the file is being written share the next write.
 */
import { EventEmitter } from "node:events";
import * as fs from "node:fs/promises";
import { produce } from "immer";
import { replaceFile } from "./file";
import { CloudState, emptyState } from "./model";

export type Recipe<T> = (draft: CloudState) => T;

/** The state file cannot be written; nothing was changed. */
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

  /** Opens or makes the state file. `write` is exchanged by tests for a disk that fails. */
  static async open(file: string, write: typeof replaceFile = replaceFile): Promise<Store> {
    let text: string | undefined;
    try {
      text = await fs.readFile(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    return new Store(file, text === undefined ? emptyState() : parse(file, text), write);
  }

  /** A snapshot: frozen, and never changed by later updates. */
  get state(): CloudState {
    return this.current;
  }

  /** Applies a caller's change and resolves with the recipe's result once it is on disk; throws what the recipe throws, or {@link StorageError}. */
  update<T>(recipe: Recipe<T>): Promise<T> {
    return this.enqueue(recipe, true);
  }

  /** Applies a fact; resolves once it is in memory. */
  record<T>(recipe: Recipe<T>): Promise<T> {
    return this.enqueue(recipe, false);
  }

  /** Resolves when everything so far is applied and, if the disk allows, written. */
  async settle(): Promise<void> {
    while (this.flushing) await this.flushing;
  }

  /**
   * Writes what came so far and takes no more: the file belongs to the next daemon. Work that goes on all the same is never
   * answered, as if its process had ended.
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

  /** The disk refused: what callers asked is refused too, facts are kept in memory and written later. */
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
  const hint = "Run `stop` to remove the local cloud with its state, then `start`.";
  let state: Partial<CloudState>;
  try {
    state = JSON.parse(text) as Partial<CloudState>;
  } catch (error) {
    throw new Error(`The state file ${file} is not JSON (${(error as Error).message}). ${hint}`, { cause: error });
  }
  if (state?.version !== 1) {
    throw new Error(
      `The state file ${file} has version ${String(state?.version)}, and this program reads version 1. ${hint}`,
    );
  }
  return { ...emptyState(), ...state };
}
