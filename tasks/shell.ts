import { Ssh } from "../lib/ssh";
import { TaskError } from "./error";
import { readOutputs, Stack } from "./stack";
import { readWorkers } from "./workers";

/** Opens a shell on a machine, by its name or its instance's, or runs `command` there. Resolves with the exit code. */
export async function shell(stack: Stack, machine: string, command: string | undefined): Promise<number> {
  const [{ controllers, ssh: access }, { nodes = [], ssh: byGroup = {} }] = await Promise.all([
    readOutputs(stack),
    readWorkers(stack),
  ]);
  const machines = [
    ...controllers.map((controller) => ({ ...controller, access })),
    ...nodes.map((node) => ({ ...node, access: byGroup[node.group]! })),
  ];
  const found = machines.find(({ name, instance }) => name === machine || instance === machine);
  if (found === undefined) {
    const names = machines.map(({ name }) => name);
    throw new TaskError(
      `MACHINE=${machine}: stack ${stack.name} has ${names.join(", ")}; for example: make ssh MACHINE=${names[0]}`,
    );
  }
  const ssh = new Ssh(found.access);
  try {
    return await ssh.interactive(found, command);
  } finally {
    await ssh.close();
  }
}
