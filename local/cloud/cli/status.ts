import Table from "cli-table3";
import type { Status } from "../api/status";
import { API_URL } from "../addresses";
import { fetchStatus, hasHostLink } from "../client";
import { requireRoot } from "./root";

/** Without colours, because programs read the output too. */
const PLAIN = { head: [], border: [] };

function instanceTable({ instances }: Status): string {
  const table = new Table({
    head: ["instance", "project", "zone", "status", "internal", "external"],
    style: PLAIN,
  });
  for (const one of instances) {
    table.push([one.name, one.project, one.zone, one.status, one.internalIp, one.externalIp ?? "-"]);
  }
  return table.toString();
}

function ruleTable({ forwardingRules }: Status): string {
  const table = new Table({
    head: ["forwarding rule", "project", "address", "ports", "target pool", "healthy", "unhealthy"],
    style: PLAIN,
  });
  for (const one of forwardingRules) {
    const [first, last] = one.ports.split("-");
    const ports = `${one.protocol} ${first === last ? first : one.ports}`;
    const names = (members: string[]) => members.join(", ") || "-";
    table.push([one.name, one.project, one.address, ports, one.pool, names(one.healthy), names(one.unhealthy)]);
  }
  return table.toString();
}

/** Prints the overview. Resolves with false when no local cloud runs. */
export async function status(): Promise<boolean> {
  if (hasHostLink()) requireRoot("status");
  const found = await fetchStatus();
  if (!found) {
    console.log("The local cloud is not running.");
    return false;
  }
  console.log(`The local cloud is running (pid ${found.pid}): ${API_URL}/compute/v1/, state in ${found.stateDir}`);
  console.log(found.instances.length > 0 ? instanceTable(found) : "No instances.");
  if (found.forwardingRules.length > 0) console.log(ruleTable(found));
  return true;
}
