/** Makes the fabric match the state, one run at a time. Calls that arrive during a run share the next one. */
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

  /** Resolves when the fabric matches the state of this moment, or a later one. */
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

  /** Converges in the background. Tries again every 5 s as long as it fails. */
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
