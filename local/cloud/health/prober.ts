/**
 * Legacy HTTP health checks. Each member of a target pool with a health check gets probes from Google's ranges, from several probers,
 * each with its own clock, at the check's interval. A prober changes its view after as many equal results in a row as the threshold
 * says, and the load balancer learns of it later. A member is healthy for the load balancer as long as it is for one of them: traffic
 * comes with the first that sees it healthy, and goes with the last that sees it fail. A new member starts unhealthy.
 */
import type { FastifyBaseLogger } from "fastify";
import { identityAddress, PROBE_ADDRESSES } from "../addresses";
import { machineIdOf } from "../state/queries";
import { CloudState, Health, Path } from "../state/model";
import { Store } from "../state/store";
import { probe, Target } from "./probe";

const PROBERS = 3;
/** Until the load balancer has a prober's view, in milliseconds. Google gives no figure. */
const DELAY_MS = 500;

export interface ProberOptions {
  store: Store;
  log: FastifyBaseLogger;
  /** Called when a member's health has changed. */
  onVerdict: () => void;
  /** Tests pass their own. */
  send?: (target: Target) => Promise<boolean>;
  probers?: number;
  delayMs?: number;
}

interface Task {
  stop(): void;
}

export class Prober {
  private readonly tasks = new Map<string, Task>();
  private readonly follow = () => this.sync();

  constructor(private readonly options: ProberOptions) {}

  start(): void {
    this.options.store.on("change", this.follow);
    this.sync();
  }

  close(): void {
    this.options.store.off("change", this.follow);
    for (const task of this.tasks.values()) task.stop();
    this.tasks.clear();
  }

  /** Runs one task for each pair of an instance and a check that a target pool has. */
  private sync(): void {
    const wanted = pairs(this.options.store.state);
    for (const [key, task] of this.tasks) {
      if (wanted.has(key)) continue;
      task.stop();
      this.tasks.delete(key);
      this.forget(key);
    }
    for (const [key, [instance, check]] of wanted) {
      if (!this.tasks.has(key)) this.tasks.set(key, this.watch(instance, check));
    }
  }

  /** An instance that comes back to a pool starts unhealthy again. */
  private forget(key: string): void {
    const [instance, , check] = key.split(" ") as [Path, string, Path];
    void this.options.store.record((draft) => {
      if (draft.health[instance]) delete draft.health[instance][check];
    });
  }

  /** Starts the probers of a member, spread over the check's interval. */
  private watch(instance: Path, check: Path): Task {
    const { store, probers = PROBERS, delayMs = DELAY_MS } = this.options;
    const known = (store.state.health[instance]?.[check] ?? "UNHEALTHY") === "HEALTHY";
    const views = Array.from({ length: probers }, () => known);
    const timers = new Set<NodeJS.Timeout>();
    let stopped = false;
    const run = (work: () => Promise<void>) =>
      void work().catch((error: Error) => this.options.log.error({ err: error, instance }, "health check"));
    const after = (ms: number, work: () => Promise<void>) => {
      if (ms === 0) return run(work);
      const timer = setTimeout(() => {
        timers.delete(timer);
        run(work);
      }, ms);
      timers.add(timer);
    };
    const learn = () => this.judge(instance, check, views.some(Boolean) ? "HEALTHY" : "UNHEALTHY");

    const prober = (i: number) => {
      let streak = { ok: true, length: 0 };
      let turn = i;
      const round = async (): Promise<void> => {
        const began = Date.now();
        const target = targetOf(store.state, instance, check, turn++);
        const settings = store.state.httpHealthChecks[check];
        if (!target || !settings) return;
        const ok = await (this.options.send ?? probe)(target);
        if (stopped) return;
        streak = ok === streak.ok ? { ok, length: streak.length + 1 } : { ok, length: 1 };
        const enough = streak.length >= (ok ? settings.healthyThreshold : settings.unhealthyThreshold);
        if (enough && views[i] !== ok) {
          views[i] = ok;
          after(delayMs, learn);
        }
        after(Math.max(0, began + settings.checkIntervalSec * 1000 - Date.now()), round);
      };
      return round;
    };
    const { checkIntervalSec = 0 } = store.state.httpHealthChecks[check] ?? {};
    views.forEach((_, i) => after((i / probers) * checkIntervalSec * 1000, prober(i)));
    return {
      stop: () => {
        stopped = true;
        timers.forEach(clearTimeout);
      },
    };
  }

  private async judge(instance: Path, check: Path, verdict: Health): Promise<void> {
    const { store, log, onVerdict } = this.options;
    if (verdict === (store.state.health[instance]?.[check] ?? "UNHEALTHY")) return;
    await store.record((draft) => {
      if (draft.instances[instance]) (draft.health[instance] ??= {})[check] = verdict;
    });
    log.info({ instance, verdict }, "health");
    onVerdict();
  }
}

function pairs(state: CloudState): Map<string, [instance: Path, check: Path]> {
  const found = new Map<string, [Path, Path]>();
  for (const pool of Object.values(state.targetPools)) {
    for (const check of pool.healthChecks) {
      for (const instance of pool.instances) {
        // The id differs for a new instance with the same name.
        const id = state.instances[instance]?.id;
        if (id) found.set(`${instance} ${id} ${check}`, [instance, check]);
      }
    }
  }
  return found;
}

/** Where a probe goes: to the machine's identity address, from each of Google's ranges in turn. */
function targetOf(state: CloudState, path: Path, checkPath: Path, turn: number): Target | undefined {
  const [instance, check] = [state.instances[path], state.httpHealthChecks[checkPath]];
  if (!instance || !check) return undefined;
  return {
    address: identityAddress(machineIdOf(state, instance)),
    port: check.port,
    path: check.requestPath,
    host: check.host || frontAddress(state, path) || instance.nic.networkIP,
    source: PROBE_ADDRESSES[turn % PROBE_ADDRESSES.length],
    timeoutMs: check.timeoutSec * 1000,
  };
}

/** The load balancer's address, which is the Host header of a check that sets none. */
function frontAddress(state: CloudState, instance: Path): string | undefined {
  return Object.values(state.forwardingRules).find((rule) =>
    state.targetPools[rule.target]?.instances.includes(instance),
  )?.IPAddress;
}
