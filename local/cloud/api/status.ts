import * as path from "node:path";
import type { FastifyInstance } from "fastify";
import { HALT_PATH, STATUS_PATH } from "../addresses";
import { memberHealth } from "../state/queries";
import { CloudState, Path, Resource } from "../state/model";
import { Cloud } from "../engine/cloud";
import { nameOf, parsePath } from "../state/path";

export interface Status {
  pid: number;
  /** The state directory, which differs between two local clouds of one host. */
  stateDir: string;
  instances: { project: string; zone: string; name: string; status: string; internalIp: string; externalIp?: string }[];
  forwardingRules: {
    project: string;
    region: string;
    name: string;
    address: string;
    protocol: string;
    ports: string;
    pool: string;
    healthy: string[];
    unhealthy: string[];
  }[];
}

function sorted<T extends Resource>(table: Record<Path, T>): [Path, T][] {
  return Object.entries(table).sort(([, a], [, b]) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

export function overview(state: CloudState): Omit<Status, "pid" | "stateDir"> {
  return {
    instances: sorted(state.instances).map(([key, instance]) => ({
      project: parsePath(key)!.project,
      zone: parsePath(key)!.location!,
      name: instance.name,
      status: instance.status,
      internalIp: instance.nic.networkIP,
      externalIp: instance.nic.accessConfig?.natIP,
    })),
    forwardingRules: sorted(state.forwardingRules).map(([key, rule]) => {
      const pool = state.targetPools[rule.target]!;
      const members = pool.instances.filter((member) => state.instances[member]);
      const ofHealth = (health: string) =>
        members.filter((member) => memberHealth(state, pool, member) === health).map(nameOf);
      return {
        project: parsePath(key)!.project,
        region: parsePath(key)!.location!,
        name: rule.name,
        address: rule.IPAddress,
        protocol: rule.IPProtocol,
        ports: rule.portRange,
        pool: pool.name,
        healthy: ofHealth("HEALTHY"),
        unhealthy: ofHealth("UNHEALTHY"),
      };
    }),
  };
}

export function statusRoute(app: FastifyInstance, cloud: Cloud): void {
  app.get(STATUS_PATH, () => ({
    pid: process.pid,
    stateDir: path.dirname(cloud.store.file),
    ...overview(cloud.store.state),
  }));
  app.post(HALT_PATH, async () => {
    await cloud.haltAll();
    return {};
  });
}
