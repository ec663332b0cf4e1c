import { Ssh } from "../lib/ssh";
import { paths } from "../node/layout";
import { StackOutputs } from "../outputs";
import { readOutputs, Stack } from "./stack";

/**
 * Lets every controller look now whether somebody has changed what hardway wrote; by itself it looks every five minutes. The program
 * reads what they find through the Compute Engine API. A machine that cannot be reached is left out.
 */
export async function lookForDrift(stack: Stack): Promise<void> {
  const { controllers, ssh: access } = (await readOutputs(stack)) as Partial<StackOutputs>;
  if (controllers === undefined || access === undefined) return;
  const ssh = new Ssh(access);
  try {
    await Promise.allSettled(controllers.map((controller) => ssh.run(controller, `sudo ${paths.driftScript}`)));
  } finally {
    await ssh.close();
  }
}
