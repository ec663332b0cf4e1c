import { ControllerOutput, StackOutputs } from "../outputs";
import { Ssh } from "../lib/ssh";
import { Api } from "./api";

export interface Context {
  outputs: StackOutputs;
  api: Api;
  ssh: Ssh;
}

export interface Seen {
  ok: boolean;
  /** What was found, in a few words, with figures. */
  seen: string;
}

export interface Check {
  /** What should be true. */
  name: string;
  run(context: Context): Promise<Seen>;
}

/** What a command prints on a controller. Rejects when it fails. */
export async function on(context: Context, controller: ControllerOutput, command: string): Promise<string> {
  const { code, stdout, stderr } = await context.ssh.run(controller, command);
  if (code !== 0)
    throw new Error(`${controller.name}: ${(stderr || stdout).trim().slice(0, 300) || `exit code ${code}`}`);
  return stdout;
}

/** The same command on every controller, side by side. */
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

/** One verdict from a list of complaints: fine when there are none. Of many, the first few tell the story. */
export function verdict(complaints: string[], fine: string): Seen {
  if (complaints.length === 0) return { ok: true, seen: fine };
  const more = complaints.length > SHOWN ? `; and ${complaints.length - SHOWN} more` : "";
  return { ok: false, seen: complaints.slice(0, SHOWN).join("; ") + more };
}

const SHOWN = 4;
