import { Ssh } from "../lib/ssh";
import { hasHostLink } from "../local";
import { directories, paths } from "../node/layout";
import { StackOutputs } from "../outputs";
import { readAnyOutputs, Stack } from "./stack";

/** The first line of what is published is the time when it was seen. */
const LOOK = `sudo sh -c '${paths.driftScript}; tail --quiet --lines=+2 ${directories.state}/drift-* 2>/dev/null; true'`;

/**
 * Lets every controller look now whether somebody has changed what hardway wrote; by itself it looks every five minutes. The program
 * reads what they find through the Compute Engine API. Resolves with a line for each difference, which begins with the controller's
 * name. A machine that cannot be reached is left out. A stack that an interrupted run has left without outputs has no machines to ask.
 */
export async function lookForDrift(stack: Stack): Promise<string[]> {
  if (stack.local && !hasHostLink()) return [];
  const { controllers, ssh: access } = (await readAnyOutputs<StackOutputs>(stack)).outputs;
  if (controllers === undefined || access === undefined) return [];
  const ssh = new Ssh(access);
  try {
    const found = await Promise.allSettled(
      controllers.map(async (controller) => {
        const { stdout } = await ssh.run(controller, LOOK);
        const lines = stdout.split("\n").filter(Boolean);
        return lines.map((line) => `${controller.name}: ${line}`);
      }),
    );
    return found.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  } finally {
    await ssh.close();
  }
}
