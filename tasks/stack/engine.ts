import { stateHome } from "../../lib/directories";
import { attached, capture, Finished } from "../../lib/process";
import { withoutDeadAgent } from "../../lib/sshAgent";
import { hasHostLink } from "../../local";
import { StackOutputs } from "../../outputs";
import { TaskError } from "../error";
import { isLocked, mendBackend } from "./backend";
import { programDirectory, stackFile } from "./files";
import { localDirectory, passphraseFile, prepareLocal, removeLocalDirectory } from "./local";
import { endOrphans } from "./orphans";
import type { Stack } from "./stack";

/** The options that tell the engine which settings file to use, where that is not the program's own. */
export const configFile = ({ name, program, directory }: Stack): string[] =>
  directory === programDirectory(program) ? [] : ["--config-file", stackFile(name, directory)];

function where(stack: Stack, cwd = programDirectory(stack.program)) {
  if (stack.directory === localDirectory(stack.name, stack.program)) prepareLocal(stack);
  return { cwd, env: stack.environment };
}

/** Runs `pulumi up`, `preview`, `destroy` or `refresh` on this terminal. Resolves with its exit code. */
export async function pulumi(stack: Stack, ...args: string[]): Promise<number> {
  const { cwd, env } = where(stack);
  const options = { cwd, env: await withoutDeadAgent(env) };
  return attached("pulumi", [...args, "--stack", stack.name, ...configFile(stack)], options);
}

/** Runs another command of the engine, for example `stack output`, and keeps what it prints. */
export function pulumiCapture(stack: Stack, ...args: string[]): Promise<Finished> {
  return capture("pulumi", [...args, "--stack", stack.name, "--non-interactive"], where(stack));
}

/** Creates the stack in its backend. */
export async function createStack(stack: Stack): Promise<void> {
  const args = ["stack", "init", stack.name, "--no-select", "--non-interactive"];
  const { code, stderr } = await capture("pulumi", args, where(stack, stack.directory));
  if (code !== 0) throw new TaskError(`stack ${stack.name} cannot be created: ${reasonIn(stderr)}`);
}

/** Why the stack cannot be opened in its backend, or its secrets not be decrypted; undefined when it can. */
export async function whyMissing(stack: Stack): Promise<string | undefined> {
  const { code, stderr } = await pulumiCapture(stack, "stack");
  return code === 0 ? undefined : reasonIn(stderr) || `exit code ${code}`;
}

const reasonIn = (stderr: string) => stderr.trim().replace(/^error: /, "");

/** Whether a reason says that the backend has no such stack. With any other reason, there may be one. */
const saysMissing = (reason: string) => /\bno stack named /.test(reason);

/** Whether the stack exists in its backend. Throws a TaskError when it cannot be opened. */
export async function exists(stack: Stack): Promise<boolean> {
  const reason = await whyMissing(stack);
  if (reason === undefined) return true;
  if (saysMissing(reason)) return false;
  throw cannotOpen(stack, reason);
}

/** The error about a stack that exists, or may exist, and cannot be opened. */
export function cannotOpen(stack: Stack, reason: string): TaskError {
  const wayOut = /passphrase/.test(reason) ? `. ${passphraseHelp(stack)}` : "";
  return new TaskError(`STACK=${stack.name} cannot be opened: ${reason}${wayOut}`);
}

const passphraseHelp = ({ local }: Stack) =>
  local
    ? `${passphraseFile()} must contain the passphrase with which the stack was made. If that is lost, remove the local cloud ` +
      `with all its stacks: npx tsx local/cloud/cli.ts stop && rm -r ${stateHome()}`
    : "PULUMI_CONFIG_PASSPHRASE must be the passphrase with which the stack was made; it may be set for another project";

/** Removes a stack of the local cloud from its backend and from this machine. Does not destroy its resources. */
export async function forgetStack(stack: Stack): Promise<void> {
  const { code, stderr } = await pulumiCapture(stack, "stack", "rm", "--yes", "--force", "--preserve-config");
  const reason = reasonIn(stderr);
  // The directory has the salt, without which nobody can read the state.
  if (code !== 0 && !saysMissing(reason)) throw new TaskError(`stack ${stack.name} cannot be removed: ${reason}`);
  removeLocalDirectory(stack);
}

/**
 * Removes the lock and the half-written files that a killed engine left of a stack of the local cloud, and ends the processes it
 * left running. Call it inside `inLocalCloud` only, where no other engine can be running.
 */
export async function unlockAfterKill(stack: Stack): Promise<void> {
  endOrphans();
  mendBackend(stack);
  if (!isLocked(stack)) return;
  const { code, stderr } = await pulumiCapture(stack, "cancel", "--yes");
  if (code !== 0)
    throw new TaskError(
      `the lock that a killed run left on stack ${stack.name} cannot be removed: ${reasonIn(stderr)}`,
    );
}

/** The outputs of a control plane, with secrets in plain text. Throws a TaskError when the stack is not up, or cannot be opened. */
export async function readOutputs(stack: Stack): Promise<StackOutputs> {
  const notUp = (reason: string) =>
    new TaskError(`STACK=${stack.name} is not up${reason && ` (${reason})`}; run: make up STACK=${stack.name}`);
  // Without this check, commands would look for the local cloud's addresses outside this machine.
  if (stack.local && !hasHostLink()) throw notUp("the local cloud is not running");
  const { outputs, reason } = await readAnyOutputs<StackOutputs>(stack);
  if (reason !== "" && !saysMissing(reason)) throw cannotOpen(stack, reason);
  if (outputs.kubeconfig === undefined || outputs.ssh === undefined) throw notUp(reason);
  return outputs as StackOutputs;
}

/** The outputs of any program's stack; none, and the engine's reason, when they cannot be read. */
export async function readAnyOutputs<T>(stack: Stack): Promise<{ outputs: Partial<T>; reason: string }> {
  const { code, stdout, stderr } = await pulumiCapture(stack, "stack", "output", "--json", "--show-secrets");
  if (code === 0) return { outputs: JSON.parse(stdout) as Partial<T>, reason: "" };
  return { outputs: {}, reason: reasonIn(stderr) || `exit code ${code}` };
}
