import { join } from "path";
import { StackOutputs } from "../../outputs";
import { Ssh } from "../../lib/ssh";
import { Api } from "../../verify/api";
import { Context } from "../../verify/check";
import { checks } from "../../verify/verify";
import { capture, Finished } from "../../lib/process";
import { API_URL } from "../../local";
import { configFile, openStack, Program, programDirectory, readOutputs } from "../../tasks/stack";

export const checkout = join(__dirname, "../..");
export const STACK = "local";
/** What make up and make verify print when every check passes. */
export const ALL_OK = `${checks.length} of ${checks.length} checks ok on stack ${STACK}`;

/** Runs a make target as a person would, and keeps what it printed. */
export function make(
  target: string,
  variables: Record<string, string> = {},
  timeoutMs = 10 * 60_000,
): Promise<Finished> {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return capture("make", ["--no-print-directory", target, ...assignments], {
    cwd: checkout,
    env: process.env,
    timeoutMs,
  });
}

/** What the target printed; fails with all of it when the target did. */
export async function made(target: string, variables?: Record<string, string>, timeoutMs?: number): Promise<string> {
  const { code, stdout, stderr } = await make(target, variables, timeoutMs);
  if (code !== 0) throw new Error(`make ${target} ended with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

/** The engine on a program's stack, outside make. */
export function engine(program: Program, ...args: string[]): Promise<Finished> {
  const stack = openStack(STACK, program);
  return capture("pulumi", [...args, "--non-interactive", "--stack", STACK, ...configFile(stack)], {
    cwd: programDirectory(program),
    env: stack.environment,
  });
}

export const pulumi = (...args: string[]) => engine("hardway", ...args);

/** kubectl through the front door; fails with what it said. */
export const kubectl = (args: string) => made("kubectl", { ARGS: args });

export const stackOutputs = (): Promise<StackOutputs> => readOutputs(openStack(STACK));

/** The running stack as the checks of verify/ see it, for the tests of one file. */
export function useContext(): () => Context & { ssh: Ssh } {
  let context: Context & { ssh: Ssh };
  beforeAll(async () => {
    const outputs = await stackOutputs();
    context = { outputs, stack: STACK, api: new Api(outputs.kubeconfig), ssh: new Ssh(outputs.ssh) };
  });
  afterAll(() => context.ssh.close());
  return () => context;
}

/** A call of the local cloud's Compute Engine API, as gcloud would make it, once its operation is done. */
export async function compute<T>(method: string, path: string, body?: unknown): Promise<T> {
  const base = `${API_URL}/compute/v1/projects/hardway-local`;
  const call = async (m: string, p: string, b?: unknown) => {
    const response = await fetch(`${base}${p}`, {
      method: m,
      headers: { "Content-Type": "application/json", Authorization: "Bearer made-up" },
      ...(b === undefined ? {} : { body: JSON.stringify(b) }),
    });
    if (!response.ok) throw new Error(`${m} ${p}: HTTP ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  };
  let answer = await call(method, path, body);
  while (answer.kind === "compute#operation" && answer.status !== "DONE") {
    const scope = answer.zone ?? answer.region;
    const where = scope ? `/${answer.zone ? "zones" : "regions"}/${scope.split("/").pop()}` : "/global";
    answer = await call("POST", `${where}/operations/${answer.name}/wait`);
  }
  return answer as T;
}

/** Waits until `probe` is true; fails after `seconds` with `what`. */
export async function until(what: string, seconds: number, probe: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await probe())) {
    if (Date.now() > deadline) throw new Error(`${what}: not after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
