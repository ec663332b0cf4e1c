/**
 * Legacy HTTP health checks. Each member of a target pool with a health check gets probes from Google's ranges at the check's
 * interval. Its health changes after as many equal results in a row as the threshold says. A new member starts unhealthy.
 */
import type { FastifyBaseLogger } from "fastify";
import { identityAddress, PROBE_ADDRESSES } from "../addresses";
import { machineIdOf } from "../state/queries";
import { CloudState, Health, HttpHealthCheck, Path } from "../state/model";
import { Store } from "../state/store";
import { probe, Target } from "./probe";

export interface ProberOptions {
  store: Store;
  log: FastifyBaseLogger;
  /** Called when a member's health has changed. */
  onVerdict: () => void;
  /** Tests pass their own. */
  send?: (target: Target) => Promise<boolean>;
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

  private watch(instance: Path, check: Path): Task {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    let streak = { ok: true, length: 0 };
    let turn = 0;
    const round = async (): Promise<void> => {
      const began = Date.now();
      const target = targetOf(this.options.store.state, instance, check, turn++);
      const settings = this.options.store.state.httpHealthChecks[check];
      if (!target || !settings) return;
      const ok = await (this.options.send ?? probe)(target);
      if (stopped) return;
      streak = ok === streak.ok ? { ok, length: streak.length + 1 } : { ok, length: 1 };
      await this.judge(instance, check, settings, streak);
      if (stopped) return;
      timer = setTimeout(run, Math.max(0, began + settings.checkIntervalSec * 1000 - Date.now()));
    };
    const run = () =>
      void round().catch((error: Error) => this.options.log.error({ err: error, instance }, "health check"));
    run();
    return {
      stop: () => {
        stopped = true;
        clearTimeout(timer);
      },
    };
  }

  private async judge(
    instance: Path,
    check: Path,
    { healthyThreshold, unhealthyThreshold }: HttpHealthCheck,
    streak: { ok: boolean; length: number },
  ): Promise<void> {
    const { store, log, onVerdict } = this.options;
    const present = store.state.health[instance]?.[check] ?? "UNHEALTHY";
    const verdict: Health = streak.ok ? "HEALTHY" : "UNHEALTHY";
    if (verdict === present || streak.length < (streak.ok ? healthyThreshold : unhealthyThreshold)) return;
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
