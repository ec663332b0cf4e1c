import { TaskError } from "./error";
import { Ssh } from "../lib/ssh";
import { openStack, readOutputs } from "./stack/stack";

/** A shell on a controller, or `command` there. Resolves with the exit code. */
export async function shell(name: string, node: string, command: string | undefined): Promise<number> {
  const outputs = await readOutputs(openStack(name));
  const controller = outputs.controllers.find((c) => c.name === node || c.instance === node);
  if (controller === undefined) {
    const names = outputs.controllers.map((c) => c.name).join(", ");
    throw new TaskError(`NODE=${node || "''"}: stack ${name} has ${names}; for example make ssh NODE=controller-0`);
  }
  const ssh = new Ssh(outputs.ssh);
  try {
    return await ssh.interactive(controller, command);
  } finally {
    await ssh.close();
  }
}
