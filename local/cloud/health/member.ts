import { Health } from "../state/model";

/** What the probers of one member need. Times in milliseconds. */
export interface MemberOptions {
  /** Whether the member is healthy before the first probe. */
  healthy: boolean;
  probers: number;
  /** Until the load balancer has a prober's view. */
  delayMs: number;
  /** The health check's settings now; undefined ends the probing. */
  settings: () => Settings | undefined;
  /** Sends probe number `turn` of this prober, and says whether the answer was right. */
  send: (turn: number) => Promise<boolean>;
  /** Called when the load balancer has learnt of a prober's view. */
  onVerdict: (verdict: Health) => Promise<void>;
  onError: (error: Error) => void;
}

export interface Settings {
  intervalMs: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
}

/** The probers of one member of a target pool, spread over the check's interval. */
export class Member {
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly views: boolean[];
  private stopped = false;

  constructor(private readonly options: MemberOptions) {
    const { healthy, probers, settings } = options;
    this.views = Array.from({ length: probers }, () => healthy);
    const intervalMs = settings()?.intervalMs ?? 0;
    for (let i = 0; i < probers; i++) this.after((i / probers) * intervalMs, () => this.probe(i));
  }

  stop(): void {
    this.stopped = true;
    this.timers.forEach(clearTimeout);
  }

  /** One prober's work: one probe an interval, until the member is stopped or the check is gone. */
  private async probe(i: number): Promise<void> {
    const { settings, send, delayMs, onVerdict } = this.options;
    let streak = { ok: true, length: 0 };
    let turn = i;
    const round = async (): Promise<void> => {
      const began = Date.now();
      const check = settings();
      if (!check) return;
      const ok = await send(turn++);
      if (this.stopped) return;
      streak = ok === streak.ok ? { ok, length: streak.length + 1 } : { ok, length: 1 };
      if (this.views[i] !== ok && streak.length >= (ok ? check.healthyThreshold : check.unhealthyThreshold)) {
        this.views[i] = ok;
        this.after(delayMs, () => onVerdict(this.views.some(Boolean) ? "HEALTHY" : "UNHEALTHY"));
      }
      this.after(began + check.intervalMs - Date.now(), round);
    };
    await round();
  }

  /** Does the work at once for 0 ms or less, and never after `stop`. */
  private after(ms: number, work: () => Promise<void>): void {
    const run = () => void work().catch(this.options.onError);
    if (ms <= 0) return run();
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, ms);
    this.timers.add(timer);
  }
}
