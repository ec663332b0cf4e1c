import { Ssh } from "../lib/ssh";
import { TaskError } from "./error";
import { readOutputs, Stack } from "./stack";

/** Opens a shell on a machine, by its name or its instance's, or runs `command` there. Resolves with the exit code. */
export async function shell(stack: Stack, machine: string, command: string | undefined): Promise<number> {
  const { controllers, ssh: access } = await readOutputs(stack);
  const found = controllers.find(({ name, instance }) => name === machine || instance === machine);
  if (found === undefined) {
    const names = controllers.map(({ name }) => name);
    throw new TaskError(
      `MACHINE=${machine}: stack ${stack.name} has ${names.join(", ")}; for example: make ssh MACHINE=${names[0]}`,
    );
  }
  const ssh = new Ssh(access);
  try {
    return await ssh.interactive(found, command);
  } finally {
    await ssh.close();
  }
}
