import type { StackOutputs } from "../outputs";
import type { Problem } from "./problems";

/** The settings that the rules below read. */
export interface Planned {
  name: string;
  zones: string[];
  controllerAddresses: string[];
  serviceCidr: string;
}

const WAY_OUT = "or bring up a second stack instead";

/**
 * Returns a problem for each setting that a running cluster cannot follow. `running` are the stack's outputs, empty when it
 * is not up. A change of the controllers' number or zones would leave etcd without a majority. A change of the service range
 * would leave the existing Services outside of it. A change of the name would fail half way, because Google does not delete a resource
 * that another one still uses.
 */
export function checkAgainstRunning(settings: Planned, running: Partial<StackOutputs>): Problem[] {
  const { controllers, network, serviceCidr } = running;
  if (network === undefined || controllers === undefined) return [];
  const problems: Problem[] = [];
  if (network !== settings.name) {
    problems.push({
      key: "name",
      value: settings.name,
      message: `must stay ${network}, which begins the names of the running cluster's resources, ${WAY_OUT}`,
    });
  }
  const count = settings.controllerAddresses.length;
  if (count !== controllers.length) {
    problems.push({
      key: "controllers",
      value: String(count),
      message: `must stay ${controllers.length}, because the running cluster keeps the etcd members it started with, ${WAY_OUT}`,
    });
  }
  controllers.slice(0, count).forEach(({ name, zone }, i) => {
    const planned = settings.zones[i % settings.zones.length];
    if (planned !== zone) {
      problems.push({
        key: "zones",
        value: planned,
        message: `must keep ${name} in ${zone}, because a machine that moves loses its etcd member's data, ${WAY_OUT}`,
      });
    }
  });
  if (serviceCidr !== undefined && serviceCidr !== settings.serviceCidr) {
    problems.push({
      key: "serviceCidr",
      value: settings.serviceCidr,
      message: `must stay ${serviceCidr}, because the running cluster's Services keep their addresses, ${WAY_OUT}`,
    });
  }
  return problems;
}
