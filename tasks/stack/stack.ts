import { withoutProxy } from "../../lib/proxy";
import { EXTERNAL_RANGE as LOCAL_RANGE, toolEnv } from "../../local";
import { orTaskError } from "../error";
import { Program, programDirectory, readStackSettings, stackNames, StackSettings } from "./files";
import { isLocal, localDirectory, localEnvironment } from "./local";

/** A stack, with all that the engine needs to work on it. */
export interface Stack {
  name: string;
  program: Program;
  /** Whether its cloud is the local one, on this machine. */
  local: boolean;
  /** The settings of the control plane, as its settings file has them. */
  settings: StackSettings;
  /** The engine's environment. */
  environment: NodeJS.ProcessEnv;
  /** Where the engine reads and writes the stack's settings file. */
  directory: string;
}

/**
 * The control plane `name`, or the stack of the same name that another program builds on it. Reads the checkout and changes
 * nothing. Throws a TaskError when there are no settings for it.
 */
export function openStack(name: string, program: Program = "hardway"): Stack {
  const settings = readStackSettings(name);
  if (program !== "hardway") readStackSettings(name, program);
  const local = isLocal(settings);
  const tools = orTaskError(() => toolEnv(process.env));
  return {
    name,
    program,
    local,
    settings,
    environment: {
      ...process.env,
      ...tools,
      // The engine and its language host talk over loopback, and the latter would ask the proxy for it.
      ...withoutProxy(["localhost", "127.0.0.1", ...(local ? [LOCAL_RANGE] : [])]),
      ...(local ? localEnvironment() : {}),
    },
    directory: local ? localDirectory(name, program) : programDirectory(program),
  };
}

/** Names of the stacks that are not in the local cloud: those that other people can reach. */
export const environments = () => stackNames().filter((name) => !isLocal(readStackSettings(name)));
