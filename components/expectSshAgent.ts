import * as pulumi from "@pulumi/pulumi";
import { AGENT_SOCKET, agentProblem } from "../lib/sshAgent";

/**
 * Throws a RunError when SSH_AUTH_SOCK names a socket at which no agent answers. The command plugin would fail every connection to a
 * machine, although it needs no agent, and takes the variable from the same environment. A preview only warns.
 */
export async function expectSshAgent(): Promise<void> {
  const problem = await agentProblem();
  if (problem === undefined) return;
  const message = `SSH_AUTH_SOCK is ${process.env[AGENT_SOCKET]}, but no SSH agent answers there (${problem})`;
  const wayOut = `no connection to a machine would work. Run: unset ${AGENT_SOCKET}`;
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(`${message}; ${wayOut}; nothing was changed`);
  await pulumi.log.warn(`${message}; in an update, ${wayOut}`);
}
