import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { MachineFile } from "../node/render/file";
import { renderStep, Step, stepCommand } from "../node/render/step";
import { Machine } from "./MachineGroup";

/**
 * Carries out a step on a machine, over one SSH session. The script and the secret files go by standard input, so that
 * they appear in no argument, log or error. A change of either runs the step again, which does only what is left to do.
 */
export function remoteStep(
  name: string,
  machine: Machine,
  step: pulumi.Input<Step>,
  secrets: pulumi.Output<MachineFile[]>,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  return new command.remote.Command(
    name,
    {
      connection: machine.connection,
      create: pulumi.output(step).apply(stepCommand),
      stdin: pulumi.secret(pulumi.all([step, secrets]).apply(([s, files]) => renderStep(s, files))),
      // The script writes progress and errors there, and no secrets.
      logging: command.remote.Logging.Stderr,
      addPreviousOutputInEnv: false,
    },
    { customTimeouts: { create: "20m", update: "20m" }, ...opts },
  );
}
