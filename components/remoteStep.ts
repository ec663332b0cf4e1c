import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { MachineFile } from "../node/render/file";
import { renderStep, Step, stepCommand } from "../node/render/step";
import { Controller } from "./Controllers";

/**
 * Carries out a step on a machine, over one SSH session: script and secret files go by standard input, so that neither
 * stands in an argument, a log or an error. A change of either runs the step again, which does only what is left to do.
 */
export function remoteStep(
  name: string,
  machine: Controller,
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
      // Only what the script says about its progress and its errors; it writes no secrets.
      logging: command.remote.Logging.Stderr,
      addPreviousOutputInEnv: false,
    },
    { customTimeouts: { create: "20m", update: "20m" }, ...opts },
  );
}
