import { randomBytes } from "crypto";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "fs";
import { join } from "path";
import { API_URL, hostProblems, toolProblems } from "../../local";
import { acquireLock } from "../../lib/lock";
import { stateDirectory } from "../../lib/directories";
import { TaskError } from "../error";
import { Program, programDirectory } from "./programs";

/** A stack whose gcp:computeCustomEndpoint begins with this lives in the local cloud. */
export const LOCAL_API = `${API_URL}/`;

/** The engine's environment for a stack of the local cloud: state and passphrase on this machine, unless the user chose others. */
export function localEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  if (!process.env.PULUMI_BACKEND_URL) environment.PULUMI_BACKEND_URL = `file://${stateDirectory("pulumi")}`;
  if (process.env.PULUMI_CONFIG_PASSPHRASE === undefined && !process.env.PULUMI_CONFIG_PASSPHRASE_FILE) {
    environment.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile();
  }
  return environment;
}

function passphraseFile(): string {
  const path = join(stateDirectory(), "passphrase");
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx" });
  return path;
}

const SALT = /^encryptionsalt:.*$/m;
const MADE = /^(encryptionsalt|encryptedkey|secretsprovider):/m;

const parent: Record<Program, string> = { hardway: "stacks", tenant: "tenants" };

/**
 * A project directory for a stack, outside the checkout: the engine writes an encryption salt beside a stack's settings
 * when it makes the stack, and that has no place in the checkout of a stack that comes and goes.
 */
export function stackDirectory(name: string, program: Program = "hardway"): string {
  const directory = stateDirectory(parent[program], name);
  copyFileSync(join(programDirectory(program), "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
  const path = stackFile(name, directory);
  const salt = existsSync(path) ? SALT.exec(readFileSync(path, "utf8"))?.[0] : undefined;
  const settings = readFileSync(stackFile(name, programDirectory(program)), "utf8");
  const text = SALT.test(settings) || salt === undefined ? settings : `${settings.trimEnd()}\n${salt}\n`;
  writeFileSync(path, text, { mode: 0o600 });
  return directory;
}

export const stackFile = (name: string, directory: string) => join(directory, `Pulumi.${name}.yaml`);

/** Forgets what the local cloud's stack `name` left on this machine; the stack itself must be gone. */
export function forgetStack(name: string, program: Program = "hardway"): void {
  rmSync(stateDirectory(parent[program], name), { recursive: true, force: true });
}

/** Names of a program's stacks that exist in the local cloud: the engine has written how it encrypts what is secret of them. */
export function localStacks(program: Program = "hardway"): string[] {
  const isMade = (name: string) => {
    const path = stackFile(name, stateDirectory(parent[program], name));
    return existsSync(path) && MADE.test(readFileSync(path, "utf8"));
  };
  return readdirSync(stateDirectory(parent[program])).filter(isMade);
}

const NEEDS_ROOT =
  "the local cloud makes network namespaces and machines, and needs root: run this as root, for example with sudo";
const isRoot = () => process.getuid?.() === 0;

/**
 * Throws a TaskError with everything that this machine lacks for a local cloud of `machines` machines, and for building
 * `tools` (names that `ensure` takes). Changes nothing.
 */
export async function checkMachine(machines: number, tools: string[]): Promise<void> {
  const problems = [
    ...(isRoot() ? [] : [NEEDS_ROOT]),
    ...(await toolProblems(tools)),
    ...(await hostProblems(machines)),
  ];
  if (problems.length === 0) return;
  throw new TaskError(["this machine cannot run the local cloud; nothing was changed:", ...problems].join("\n  "));
}

/** Runs `work` while no other command changes the local cloud; a second one waits, and says so. */
export async function inLocalCloud<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot()) throw new TaskError(NEEDS_ROOT);
  const release = await acquireLock(join(stateDirectory(), "lock"), (holder) =>
    console.log(`waiting for another make (pid ${holder}) that works on the local cloud`),
  );
  try {
    return await work();
  } finally {
    release();
  }
}
