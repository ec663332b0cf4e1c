import Table from "cli-table3";
import { StackOutputs } from "../outputs";
import { Ssh } from "../lib/ssh";
import { Api } from "./api";
import { Check, Context, Seen } from "./check";
import { auditLogWritten } from "./checks/audit";
import { certificates } from "./checks/certificates";
import { encryptedAtRest } from "./checks/encryption";
import { etcdCluster } from "./checks/etcd";
import { anonymousRefused, reachesAll, version } from "./checks/frontDoor";
import { healthProxy } from "./checks/health";
import { leadersElected } from "./checks/leases";
import { onlyApiPort } from "./checks/listeners";
import { kubeletRbac } from "./checks/rbac";
import { unitsActive } from "./checks/units";

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
];

/** Runs every check against a stack and returns what each saw; a check that cannot be carried out has failed. */
export async function verify(outputs: StackOutputs): Promise<(Seen & { name: string })[]> {
  const ssh = new Ssh(outputs.ssh);
  const context: Context = { outputs, api: new Api(outputs.kubeconfig), ssh };
  try {
    return await Promise.all(
      checks.map(async (check) => ({
        name: check.name,
        ...(await check.run(context).catch((error: Error) => ({ ok: false, seen: error.message }))),
      })),
    );
  } finally {
    await ssh.close();
  }
}

/** The results as a table, a line a check. */
export function render(results: (Seen & { name: string })[]): string {
  const table = new Table({
    head: ["check", "", "seen"],
    style: { head: [], border: [], compact: true },
    colWidths: [50, 8, 90],
    wordWrap: true,
  });
  table.push(...results.map(({ name, ok, seen }) => [name, ok ? "ok" : "FAILED", seen]));
  return table.toString();
}
