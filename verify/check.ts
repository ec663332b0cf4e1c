import { Ssh } from "../lib/ssh";
import { ControllerOutput, StackOutputs } from "../outputs";
import { Api } from "./api";

export interface Context {
  outputs: StackOutputs;
  /** The stack's name, for the commands that a message proposes. */
  stack: string;
  api: Api;
  ssh: Pick<Ssh, "run">;
}

/** A machine that SSH does not reach, and what ssh says about it. */
export interface Unreached {
  machine: string;
  reason: string;
}

/** What one look at a stack found. */
export interface Seen {
  ok: boolean;
  /** What was found, in a few words, with figures. A failure names the machine and the way out. */
  seen: string;
  /** Waiting cannot mend it, so the check is not tried again. */
  final?: boolean;
  /** Something could not be looked at, and another check says why. Alone, that fails this check. */
  partly?: boolean;
  /** Machines that this look left out, because SSH does not reach them. */
  unreached?: Unreached[];
}

/** `C` is what a check may look at. */
export interface Check<C = Context> {
  /** What should be true. */
  name: string;
  /** Looks once. The runner looks again while something may still be on its way. */
  run(context: C): Promise<Seen>;
}

/** Thrown when SSH does not reach a machine, as opposed to a command that fails there. */
export class Unreachable extends Error {
  constructor(
    readonly machine: string,
    readonly reason: string,
  ) {
    super(`${machine}: SSH does not reach it: ${reason}`);
  }
}

/** The exit code with which ssh reports its own errors. */
const SSH_FAILED = 255;

/** What a command prints on a controller. Rejects when it fails, or when SSH does not reach the machine. */
export async function on(
  context: Context,
  controller: ControllerOutput,
  command: string,
  timeoutMs?: number,
): Promise<string> {
  const { code, stdout, stderr } = await context.ssh.run(controller, command, timeoutMs);
  const said = (stderr || stdout).trim().slice(0, 300) || `exit code ${code}`;
  if (code === SSH_FAILED) throw new Unreachable(controller.name, said.replace(/^ssh: /, ""));
  if (code !== 0) throw new Error(`${controller.name}: ${said}`);
  return stdout;
}

/** The same command on every controller, side by side. Rejects when it fails on one. */
export async function onAll(
  context: Context,
  command: string,
): Promise<{ controller: ControllerOutput; stdout: string }[]> {
  return Promise.all(
    context.outputs.controllers.map(async (controller) => ({
      controller,
      stdout: await on(context, controller, command),
    })),
  );
}

/** One verdict from a list of complaints: fine when there are none. Of many, only the first few are shown. */
export function verdict(complaints: string[], fine: string): Seen {
  if (complaints.length === 0) return { ok: true, seen: fine };
  const more = complaints.length > SHOWN ? `; and ${complaints.length - SHOWN} more` : "";
  return { ok: false, seen: complaints.slice(0, SHOWN).join("; ") + more };
}

const SHOWN = 4;

/** The command for a shell on a machine. */
export function shellOn({ stack }: Pick<Context, "stack">, machine: string): string {
  return `make ssh MACHINE=${machine}${stack === "local" ? "" : ` STACK=${stack}`}`;
}
