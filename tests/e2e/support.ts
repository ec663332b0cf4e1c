import { readFileSync, writeFileSync } from "fs";
import { join } from "path";
import { ControllerOutput, StackOutputs } from "../../outputs";
import { Ssh } from "../../lib/ssh";
import { Api } from "../../verify/api";
import { Context } from "../../verify/check";
import { capture, Finished } from "../../lib/process";
import { compute as callLocalCloud } from "../../local";
import {
  configFile,
  openStack,
  Program,
  programDirectory,
  pulumiCapture,
  readOutputs,
  stackFile,
  withChanges,
} from "../../tasks/stack";

export { until } from "../../lib/until";

export const checkout = join(__dirname, "../..");
export const STACK = "local";
/** Matches what make up and make verify print when every check passes. */
export const allOk = (stack: string) => new RegExp(`^([1-9]\\d*) of \\1 checks ok on stack ${stack}\\b`, "m");
export const ALL_OK = allOk(STACK);

/** Runs a make target as a person would, and returns what it printed. */
export function make(
  target: string,
  variables: Record<string, string> = {},
  timeoutMs = 10 * 60_000,
): Promise<Finished> {
  const assignments = Object.entries({ STACK, ...variables }).map(([name, value]) => `${name}=${value}`);
  return capture("make", ["--no-print-directory", target, ...assignments], {
    cwd: checkout,
    env: process.env,
    timeoutMs,
  });
}

/** Runs a make target that must succeed, and returns its standard output. Throws everything it printed when it fails. */
export async function made(target: string, variables?: Record<string, string>, timeoutMs?: number): Promise<string> {
  const { code, stdout, stderr } = await make(target, variables, timeoutMs);
  if (code !== 0) throw new Error(`make ${target} ended with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Writes the settings of another stack: those of the local one, with some changed, by their full name. Returns the file. */
export function writeSettings(stack: string, changes: Record<string, unknown>): string {
  const file = stackFile(stack, programDirectory("hardway"));
  writeFileSync(file, withChanges(readFileSync(join(checkout, `Pulumi.${STACK}.yaml`), "utf8"), changes));
  return file;
}

/** Runs the engine on a program's stack, without make. */
export function engine(program: Program, ...args: string[]): Promise<Finished> {
  const stack = openStack(STACK, program);
  return pulumiCapture(stack, ...args, ...configFile(stack));
}

export const pulumi = (...args: string[]) => engine("hardway", ...args);

/** Runs kubectl through the front door, and returns its standard output. Throws everything it printed when it fails. */
export const kubectl = (args: string) => made("kubectl", { ARGS: args });

export const stackOutputs = (stack = STACK): Promise<StackOutputs> => readOutputs(openStack(stack));

/** Gives the tests of one file the running stack, as the checks of verify/ see it. */
export function useContext(stack = STACK): () => Context & { ssh: Ssh } {
  let context: Context & { ssh: Ssh };
  beforeAll(async () => {
    const outputs = await stackOutputs(stack);
    context = { outputs, stack, api: new Api(outputs.kubeconfig), ssh: new Ssh(outputs.ssh) };
  });
  afterAll(() => context.ssh.close());
  return () => context;
}

/** Calls the local cloud's Compute Engine API as gcloud would, waits for the operation, and returns the answer. */
export const compute = <T>(method: string, path: string, body?: object): Promise<T> =>
  callLocalCloud(method, `/compute/v1/projects/hardway-local${path}`, body);

/** The path of a controller's instance, for `compute`. */
export const instancePath = ({ zone, instance }: ControllerOutput): string => `/zones/${zone}/instances/${instance}`;
