import { Ssh } from "../lib/ssh";
import { TaskError } from "./error";
import { readOutputs, Stack } from "./stack";
import { readWorkers } from "./workersStack";

/** Opens a shell on a machine, by its name or its instance's, or runs `command` there. Resolves with the exit code. */
export async function shell(stack: Stack, machine: string, command: string | undefined): Promise<number> {
  const { controllers, ssh: access } = await readOutputs(stack);
  const isMeant = ({ name, instance }: { name: string; instance: string }) => name === machine || instance === machine;
  const controller = controllers.find(isMeant);
  // To read another stack takes a second, which a controller need not wait for.
  const { nodes = [], ssh: byGroup = {} } = controller === undefined ? await readWorkers(stack) : {};
  const worker = nodes.find(isMeant);
  const found = controller ?? worker;
  if (found === undefined) {
    const names = [...controllers, ...nodes].map(({ name }) => name);
    throw new TaskError(
      `MACHINE=${machine}: stack ${stack.name} has ${names.join(", ")}; for example: make ssh MACHINE=${names[0]}`,
    );
  }
  const ssh = new Ssh(worker === undefined ? access : byGroup[worker.group]!);
  try {
    return await ssh.interactive(found, command);
  } finally {
    await ssh.close();
  }
}
