import { randomBytes } from "crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "fs";
import { join } from "path";
import { stateDirectory, stateHome } from "../../lib/directories";
import { withLock } from "../../lib/lock";
import { API_URL, hostProblems, toolProblems } from "../../local";
import { TaskError } from "../error";
import { Program, programDirectory, stackFile, StackSettings } from "./files";
import type { Stack } from "./stack";

/** Whether a stack with these settings lives in the local cloud. */
export function isLocal({ config }: StackSettings): boolean {
  const endpoint = config["gcp:computeCustomEndpoint"];
  return typeof endpoint === "string" && endpoint.startsWith(`${API_URL}/`);
}

const backend = () => join(stateHome(), "pulumi");
export const passphraseFile = () => join(stateHome(), "passphrase");
const parent = (program: Program) =>
  join(stateHome(), { hardway: "stacks", tenant: "tenants", workers: "workers" }[program]);

/**
 * A project directory outside the checkout, for a stack of the local cloud. When the engine creates a stack, it writes an
 * encryption salt into the settings file. A stack that comes and goes must not leave that in the checkout.
 */
export const localDirectory = (name: string, program: Program) => join(parent(program), name);

/**
 * The engine's environment: state and passphrase are on this machine. What the user's environment says of them is for the stacks
 * of other projects.
 */
export const localEnvironment = (): NodeJS.ProcessEnv => ({
  PULUMI_BACKEND_URL: `file://${backend()}`,
  PULUMI_CONFIG_PASSPHRASE: undefined,
  PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
});

const SALT = /^encryptionsalt:.*$/m;
const CREATED = /^(encryptionsalt|encryptedkey|secretsprovider):/m;

/** Writes the files that `localDirectory` and `localEnvironment` name, with the checkout's current settings. */
export function prepareLocal({ name, program, directory }: Stack): void {
  stateDirectory();
  mkdirSync(backend(), { recursive: true, mode: 0o700 });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!existsSync(passphraseFile()))
    writeFileSync(passphraseFile(), randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx" });

  copyFileSync(join(programDirectory(program), "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
  const path = stackFile(name, directory);
  const salt = existsSync(path) ? SALT.exec(readFileSync(path, "utf8"))?.[0] : undefined;
  const settings = readFileSync(stackFile(name, programDirectory(program)), "utf8");
  const text = SALT.test(settings) || salt === undefined ? settings : `${settings.trimEnd()}\n${salt}\n`;
  writeFileSync(path, text, { mode: 0o600 });
}

export const removeLocalDirectory = ({ name, program }: Stack) =>
  rmSync(localDirectory(name, program), { recursive: true, force: true });

/** Names of a program's stacks that exist in the local cloud. The engine wrote into their files how it encrypts secrets. */
export function localStacks(program: Program = "hardway"): string[] {
  const exists = (name: string) => {
    const path = stackFile(name, localDirectory(name, program));
    return existsSync(path) && CREATED.test(readFileSync(path, "utf8"));
  };
  return existsSync(parent(program)) ? readdirSync(parent(program)).filter(exists) : [];
}

const NEEDS_ROOT =
  "the local cloud creates network namespaces and machines, and needs root: run this as root, for example with sudo";
const isRoot = () => process.getuid?.() === 0;

/**
 * Throws a TaskError that lists everything this machine lacks for a local cloud of `machines` machines, and for building
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

/** Runs `work` while no other command changes the local cloud. If one does, says so and waits for it. */
export async function inLocalCloud<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot()) throw new TaskError(NEEDS_ROOT);
  const onWait = (holder: string) => console.log(`waiting for another make (pid ${holder}) to leave the local cloud`);
  return withLock(join(stateDirectory(), "lock"), onWait, work);
}
