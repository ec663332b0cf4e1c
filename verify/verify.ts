import Table from "cli-table3";
import { Ssh } from "../lib/ssh";
import { StackOutputs } from "../outputs";
import { Api } from "./api";
import { Check, Context } from "./check";
import { auditLogWritten } from "./checks/audit";
import { backups } from "./checks/backup";
import { certificates } from "./checks/certificates";
import { encryptedAtRest } from "./checks/encryption";
import { etcdCluster } from "./checks/etcd";
import { anonymousRefused } from "./checks/anonymous";
import { reachesAll, version } from "./checks/frontDoor";
import { healthProxy } from "./checks/health";
import { leadersElected } from "./checks/leases";
import { onlyApiPort } from "./checks/listeners";
import { kubeletRbac } from "./checks/rbac";
import { unitsActive } from "./checks/units";
import { Progress } from "./progress";
import { Result, runChecks } from "./run";

export const checks: Check[] = [
  unitsActive,
  etcdCluster,
  healthProxy,
  version,
  reachesAll,
  certificates,
  encryptedAtRest,
  anonymousRefused,
  onlyApiPort,
  leadersElected,
  kubeletRbac,
  auditLogWritten,
  backups,
];

/**
 * Runs every check against a stack, and returns what each saw. Waits for what is on its way, which takes up to 40 s, and
 * shows on a terminal what it waits for. `environment` says which proxies there are.
 */
export async function verify(outputs: StackOutputs, stack: string, environment: NodeJS.ProcessEnv): Promise<Result[]> {
  const ssh = new Ssh(outputs.ssh);
  const context: Context = { outputs, stack, api: new Api(outputs.kubeconfig, environment), ssh };
  const progress = new Progress(process.stderr);
  try {
    return await runChecks(checks, context, { onWaiting: (waiting) => progress.show(waiting) });
  } finally {
    progress.clear();
    await ssh.close();
  }
}

/** The results as a table, a line for each check. */
export function render(results: Result[]): string {
  const table = new Table({
    head: ["check", "", "seen"],
    style: { head: [], border: [], compact: true },
    colWidths: [50, 8, 90],
    wordWrap: true,
  });
  table.push(...results.map(({ name, ok, seen }) => [name, ok ? "ok" : "FAILED", seen]));
  return table.toString();
}
