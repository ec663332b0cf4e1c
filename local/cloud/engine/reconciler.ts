/** Brings the fabric to what the memory says: one run at a time, and one run for all who ask meanwhile. */
import { Fabric, FabricState } from "../fabric/contract";
import { CloudState } from "../state/model";
import { fabricState } from "./desired";

const RETRY_MS = 5000;

export class Reconciler {
  private current: Promise<void> = Promise.resolve();
  private next?: Promise<void>;
  private reached?: string;
  private retry?: NodeJS.Timeout;
  private closed = false;

  constructor(
    private readonly fabric: Fabric,
    private readonly state: () => CloudState,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** Resolves when the fabric agrees with a state that is no older than this call. */
  converge(): Promise<void> {
    this.next ??= this.current
      .catch(() => undefined)
      .then(() => {
        this.current = this.next!;
        this.next = undefined;
        return this.run();
      });
    return this.next;
  }

  /** Converges with nobody waiting; tries again by and by when it fails. */
  inBackground(): void {
    this.converge().catch((error: Error) => {
      this.onFailure(error);
      if (this.closed || this.retry) return;
      this.retry = setTimeout(() => {
        this.retry = undefined;
        this.inBackground();
      }, RETRY_MS);
      this.retry.unref();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.current.catch(() => undefined);
  }

  private async run(): Promise<void> {
    const wanted: FabricState = fabricState(this.state());
    const key = JSON.stringify(wanted);
    if (key === this.reached) return;
    this.reached = undefined;
    await this.fabric.converge(wanted);
    this.reached = key;
  }
}
