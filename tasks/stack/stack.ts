import { existsSync, readdirSync } from "fs";
import { join } from "path";
import { hasHostLink, toolEnv } from "../../local";
import { StackOutputs } from "../../outputs";
import { orTaskError, TaskError } from "../error";
import { LOCAL_API, localEnvironment, stackDirectory, stackFile } from "./local";
import { endOrphans } from "./orphans";
import { attached, capture, Finished, output } from "../../lib/process";
import { Program, programDirectory } from "./programs";
import { readStackSettings } from "./settingsFiles";

/** A stack, and what the engine has to be told to work on it. */
export interface Stack {
  name: string;
  program: Program;
  /** Whether its cloud is the one on this machine. */
  local: boolean;
  environment: NodeJS.ProcessEnv;
  /** Where the stack's settings file is: the checkout, or a directory of its own for one that comes and goes. */
  directory: string;
}

/** Whether the stack's cloud is the one on this machine. */
export function isLocal(name: string): boolean {
  const endpoint = readStackSettings(name).config["gcp:computeCustomEndpoint"];
  return typeof endpoint === "string" && endpoint.startsWith(LOCAL_API);
}

/** The Kubernetes version in the stack's settings; undefined when they name none, or only the engine can read it. */
function kubernetesVersion(name: string): string | undefined {
  const { config } = readStackSettings(name);
  const version = config["hardway:kubernetesVersion"] ?? config.kubernetesVersion;
  return typeof version === "string" ? version : undefined;
}

/**
 * The control plane `name`, or what another program has built on it under the same name. Throws a TaskError when there are
 * no settings for the stack.
 */
export function openStack(name: string, program: Program = "hardway"): Stack {
  const local = isLocal(name);
  readStackSettings(name, program);
  const environment = { ...process.env, ...orTaskError(() => toolEnv(process.env, kubernetesVersion(name))) };
  return local
    ? {
        name,
        program,
        local,
        environment: { ...environment, ...localEnvironment() },
        directory: stackDirectory(name, program),
      }
    : { name, program, local, environment, directory: programDirectory(program) };
}

const settingsOf = (stack: Stack) =>
  stack.directory === programDirectory(stack.program) ? [] : ["--config-file", stackFile(stack.name, stack.directory)];
const where = (stack: Stack, cwd = programDirectory(stack.program)) => ({ cwd, env: stack.environment });

/** Runs `pulumi up`, `preview`, `destroy` or `refresh` on this terminal. Resolves with its exit code. */
export function pulumi(stack: Stack, ...args: string[]): Promise<number> {
  return attached("pulumi", [...args, "--stack", stack.name, ...settingsOf(stack)], where(stack));
}

/** Runs another command of the engine on the stack, for example `stack output`, and keeps what it prints. */
export function pulumiCapture(stack: Stack, ...args: string[]): Promise<Finished> {
  return capture("pulumi", [...args, "--stack", stack.name, "--non-interactive"], where(stack));
}

/** Why the stack cannot be opened in its backend, or undefined when it can. */
export async function whyMissing(stack: Stack): Promise<string | undefined> {
  const { code, stderr } = await pulumiCapture(stack, "stack");
  return code === 0 ? undefined : stderr.trim().replace(/^error: /, "") || `exit code ${code}`;
}

/**
 * Removes the lock that a killed engine left on a stack of the local cloud, and what it left running; true when there
 * was one. Only for who holds the local cloud's own lock (`inLocalCloud`): then no other engine can be at work.
 */
export async function unlockAfterKill(stack: Stack): Promise<boolean> {
  endOrphans();
  if (!isLocked(stack)) return false;
  const { code, stderr } = await pulumiCapture(stack, "cancel", "--yes");
  if (code !== 0) throw new TaskError(`the lock that a killed run left on stack ${stack.name} stays: ${stderr.trim()}`);
  return true;
}

/** Whether the backend, where it is a directory, holds a lock of the stack. */
function isLocked(stack: Stack): boolean {
  const [, directory] = /^file:\/\/(.*)$/.exec(stack.environment.PULUMI_BACKEND_URL ?? "") ?? [];
  if (directory === undefined) return false;
  const locks = join(directory, ".pulumi", "locks");
  const own = `/${stack.program}/${stack.name}/`;
  return existsSync(locks) && readdirSync(locks, { recursive: true }).some((file) => `/${String(file)}`.includes(own));
}

/** Makes the stack in its backend. */
export async function createStack(stack: Stack): Promise<void> {
  await output(
    "pulumi",
    ["stack", "init", stack.name, "--no-select", "--non-interactive"],
    where(stack, stack.directory),
  );
}

/** The outputs of a control plane, secrets in plain. Throws a TaskError when the stack is not up. */
export async function readOutputs(stack: Stack): Promise<StackOutputs> {
  // Its addresses exist on this machine alone: asked now, they would be looked for outside.
  if (stack.local && !hasHostLink()) {
    throw new TaskError(
      `STACK=${stack.name} is not up (the local cloud is not running); run: make up STACK=${stack.name}`,
    );
  }
  const { outputs, reason } = await whateverOutputs<StackOutputs>(stack);
  if (outputs.kubeconfig === undefined || outputs.ssh === undefined) {
    throw new TaskError(`STACK=${stack.name} is not up${reason && ` (${reason})`}; run: make up STACK=${stack.name}`);
  }
  return outputs as StackOutputs;
}

/** The outputs that any stack has, none of one that is not there; the reason is the engine's. */
export async function whateverOutputs<T>(stack: Stack): Promise<{ outputs: Partial<T>; reason: string }> {
  const { code, stdout, stderr } = await pulumiCapture(stack, "stack", "output", "--json", "--show-secrets");
  return {
    outputs: (code === 0 ? JSON.parse(stdout) : {}) as Partial<T>,
    reason: stderr.trim().replace(/^error: /, ""),
  };
}
