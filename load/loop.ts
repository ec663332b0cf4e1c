import { setTimeout as wait } from "timers/promises";
import type { Connection } from "./connection";

/** One client does at most 20 operations in a second. */
const PAUSE_MS = 50;

/** A client that repeats an operation, one after the other, and measures the time between two successes. */
export class Loop {
  readonly failures: string[] = [];
  successes = 0;
  /** The longest time between two successes since the start or forgetGaps. */
  longestGapMs = 0;
  private last = performance.now();
  private going = true;
  private readonly done: Promise<void>;

  /** `keeps`: uses one connection for all operations. Otherwise it makes a new one for each, as kubectl does. */
  constructor(
    private readonly connection: Connection,
    private readonly keeps: boolean,
    private readonly operation: () => Promise<void>,
  ) {
    this.done = this.run();
  }

  /** For errors: what the client does now. */
  get doing(): string {
    return this.connection.doing;
  }

  /** Forgets all gaps but the one that goes on. */
  forgetGaps(): void {
    this.longestGapMs = 0;
  }

  /** Resolves once the current operation has its answer. */
  async stop(): Promise<void> {
    this.going = false;
    await this.done;
    this.connection.end();
  }

  private async run(): Promise<void> {
    for (; this.going; await wait(PAUSE_MS)) {
      try {
        await this.operation();
        this.successes++;
        this.longestGapMs = Math.max(this.longestGapMs, performance.now() - this.last);
        this.last = performance.now();
      } catch (error) {
        this.failures.push((error as Error).message);
      }
      if (!this.keeps) this.connection.close();
    }
  }
}
