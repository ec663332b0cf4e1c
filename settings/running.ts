import type { StackOutputs } from "../outputs";
import type { Problem } from "./problems";

/** What the rules below read of the settings. */
export interface Planned {
  name: string;
  zones: string[];
  controllerAddresses: string[];
  serviceCidr: string;
}

const WAY_OUT = "keep it, or bring up a second stack beside this one";

/**
 * Settings that a running cluster cannot follow, given its stack's outputs (none of them when it is not up): a change would
 * leave it with fewer members than its majority, or with Services that nobody finds, or replaced half way: for another name
 * each resource goes before its successor comes, and Google deletes none that another one uses.
 */
export function checkAgainstRunning(settings: Planned, running: Partial<StackOutputs>): Problem[] {
  const { controllers, network, serviceCidr } = running;
  if (network === undefined || controllers === undefined) return [];
  const problems: Problem[] = [];
  if (network !== settings.name) {
    problems.push({
      key: "name",
      value: settings.name,
      message: `is not ${network}, which the running cluster's resources are called by: they cannot be replaced one by one; ${WAY_OUT}`,
    });
  }
  const count = settings.controllerAddresses.length;
  if (count !== controllers.length) {
    problems.push({
      key: "controllers",
      value: String(count),
      message: `is not the ${controllers.length} of the running cluster, whose etcd members are those it started with; ${WAY_OUT}`,
    });
  }
  controllers.slice(0, count).forEach(({ name, zone }, i) => {
    const planned = settings.zones[i % settings.zones.length];
    if (planned !== zone) {
      problems.push({
        key: "zones",
        value: planned,
        message: `is not where ${name} runs, ${zone}: moved, it would come back without its etcd member's data; ${WAY_OUT}`,
      });
    }
  });
  if (serviceCidr !== undefined && serviceCidr !== settings.serviceCidr) {
    problems.push({
      key: "serviceCidr",
      value: settings.serviceCidr,
      message: `is not the ${serviceCidr} of the running cluster, which its Services would keep; ${WAY_OUT}`,
    });
  }
  return problems;
}
