import { Ssh } from "../lib/ssh";
import { hasHostLink } from "../local";
import { paths } from "../node/layout";
import { StackOutputs } from "../outputs";
import { readAnyOutputs, Stack } from "./stack";

/**
 * Lets every controller look now whether somebody has changed what hardway wrote; by itself it looks every five minutes. The program
 * reads what they find through the Compute Engine API. A machine that cannot be reached is left out. A stack that an interrupted run
 * has left without outputs has no machines to ask.
 */
export async function lookForDrift(stack: Stack): Promise<void> {
  if (stack.local && !hasHostLink()) return;
  const { controllers, ssh: access } = (await readAnyOutputs<StackOutputs>(stack)).outputs;
  if (controllers === undefined || access === undefined) return;
  const ssh = new Ssh(access);
  try {
    await Promise.allSettled(controllers.map((controller) => ssh.run(controller, `sudo ${paths.driftScript}`)));
  } finally {
    await ssh.close();
  }
}
