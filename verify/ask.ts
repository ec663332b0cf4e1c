import { ControllerOutput } from "../outputs";
import { Context, on, Seen, Unreachable, Unreached, verdict } from "./check";

/** What a command printed on a machine. */
export interface Answer {
  controller: ControllerOutput;
  stdout: string;
}

/** What came of one command on several machines. */
export interface Asked {
  answers: Answer[];
  /** Where the command failed: MACHINE: what it said. */
  failures: string[];
  unreached: Unreached[];
}

/** A command that takes longer has failed. */
const COMMAND_MS = 10_000;

/** A script in one shell of root's, because each sudo costs as much as several commands. */
export const asRoot = (script: string): string => `sudo sh -c '${script.replace(/'/g, "'\\''")}'`;

type Command = string | ((controller: ControllerOutput) => string);

/** Runs a command on every controller, side by side. A machine that fails does not keep the others from being heard. */
export async function ask(context: Context, command: Command): Promise<Asked> {
  const asked: Asked = { answers: [], failures: [], unreached: [] };
  const outcomes = await Promise.all(
    context.outputs.controllers.map((controller) =>
      outcome(context, controller, typeof command === "string" ? command : command(controller)),
    ),
  );
  for (const each of outcomes) {
    if (each instanceof Unreachable) asked.unreached.push(each);
    else if (each instanceof Error) asked.failures.push(each.message);
    else asked.answers.push(each);
  }
  return asked;
}

/** SSH reaches none of the machines, which one check explains. */
const NONE_REACHED = "SSH reaches no controller";

/** What the first of `controllers` that can carry out a command prints. Rejects with the others' reasons when none can. */
export async function askAny(
  context: Context,
  command: string,
  controllers = context.outputs.controllers,
): Promise<string> {
  const reasons: string[] = [];
  for (const controller of controllers) {
    const each = await outcome(context, controller, command);
    if (!(each instanceof Error)) return each.stdout;
    if (!(each instanceof Unreachable)) reasons.push(each.message);
  }
  throw new Error(reasons.join("; ") || NONE_REACHED);
}

async function outcome(context: Context, controller: ControllerOutput, command: string): Promise<Answer | Error> {
  try {
    return { controller, stdout: await on(context, controller, command, COMMAND_MS) };
  } catch (error) {
    // What ends an ssh that takes too long.
    if (error instanceof Error && error.message.includes("SIGTERM"))
      return new Error(`${controller.name}: no answer to a command within ${COMMAND_MS / 1000} s`);
    return error as Error;
  }
}

/** The verdict about the machines that were asked: what there is to complain about in each answer, or what all amount to. */
export function judge(
  { answers, failures, unreached }: Asked,
  complain: (answer: Answer) => string[],
  fine: (answers: Answer[]) => string,
): Seen {
  if (answers.length + failures.length === 0) return { ok: false, seen: NONE_REACHED, unreached };
  const seen = verdict([...failures, ...answers.flatMap(complain)], fine(answers));
  if (unreached.length === 0) return seen;
  const left = unreached.map(({ machine }) => machine).join(", ");
  return { ...seen, seen: `${seen.seen}; not asked: ${left}`, partly: true, unreached };
}
