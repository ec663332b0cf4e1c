/**
 * Legacy HTTP health checks. Each member of a target pool with a health check gets probes from Google's ranges, from several probers,
 * each with its own clock, at the check's interval. A prober changes its view after as many equal results in a row as the threshold
 * says, and the load balancer learns of it later. A member is healthy for the load balancer as long as it is for one of them: traffic
 * comes with the first that sees it healthy, and goes with the last that sees it fail. A new member starts unhealthy.
 */
import type { FastifyBaseLogger } from "fastify";
import { identityAddress, PROBE_ADDRESSES } from "../addresses";
import { machineIdOf } from "../state/queries";
import { CloudState, Health, HttpHealthCheck, Path } from "../state/model";
import { Store } from "../state/store";
import { Member, Settings } from "./member";
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

export class Prober {
  private readonly members = new Map<string, Member>();
  private readonly follow = () => this.sync();

  constructor(private readonly options: ProberOptions) {}

  start(): void {
    this.options.store.on("change", this.follow);
    this.sync();
  }

  close(): void {
    this.options.store.off("change", this.follow);
    for (const member of this.members.values()) member.stop();
    this.members.clear();
  }

  /** Watches each pair of an instance and a check that a target pool has. */
  private sync(): void {
    const wanted = pairs(this.options.store.state);
    for (const [key, member] of this.members) {
      if (wanted.has(key)) continue;
      member.stop();
      this.members.delete(key);
      this.forget(key);
    }
    for (const [key, [instance, check]] of wanted) {
      if (!this.members.has(key)) this.members.set(key, this.watch(instance, check));
    }
  }

  /** An instance that comes back to a pool starts unhealthy again. */
  private forget(key: string): void {
    const [instance, , check] = key.split(" ") as [Path, string, Path];
    void this.options.store.record((draft) => {
      if (draft.health[instance]) delete draft.health[instance][check];
    });
  }

  /** Starts the probers of a member. */
  private watch(instance: Path, check: Path): Member {
    const { store, log, send = probe, probers = PROBERS, delayMs = DELAY_MS } = this.options;
    return new Member({
      healthy: store.state.health[instance]?.[check] === "HEALTHY",
      probers,
      delayMs,
      settings: () => settingsOf(store.state.httpHealthChecks[check]),
      send: async (turn) => {
        const target = targetOf(store.state, instance, check, turn);
        return target !== undefined && (await send(target));
      },
      onVerdict: (verdict) => this.judge(instance, check, verdict),
      onError: (error) => log.error({ err: error, instance }, "health check"),
    });
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

const settingsOf = (check: HttpHealthCheck | undefined): Settings | undefined =>
  check && { ...check, intervalMs: check.checkIntervalSec * 1000 };

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
