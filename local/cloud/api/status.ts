import type { FastifyInstance } from "fastify";
import { memberHealth } from "../engine/desired";
import { CloudState } from "../state/model";
import { Cloud } from "./cloud";
import { nameOf, parsePath } from "./links";

/** Not Google's: an overview for the command line. */
export const STATUS_PATH = "/local/v1/status";

export interface Status {
  pid: number;
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

export function overview(state: CloudState): Status {
  return {
    pid: process.pid,
    instances: Object.entries(state.instances).map(([path, instance]) => ({
      project: parsePath(path)!.project,
      zone: parsePath(path)!.location!,
      name: instance.name,
      status: instance.status,
      internalIp: instance.nic.networkIP,
      externalIp: instance.nic.accessConfig?.natIP,
    })),
    forwardingRules: Object.entries(state.forwardingRules).map(([path, rule]) => {
      const pool = state.targetPools[rule.target]!;
      const members = pool.instances.filter((member) => state.instances[member]);
      const ofHealth = (health: string) =>
        members.filter((member) => memberHealth(state, pool, member) === health).map(nameOf);
      return {
        project: parsePath(path)!.project,
        region: parsePath(path)!.location!,
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
  app.get(STATUS_PATH, () => overview(cloud.store.state));
}
