import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { MachineFile } from "../node/render/file";
import { renderSecrets, renderStep, Step } from "../node/render/step";
import { Controller } from "./Controllers";

/**
 * Carries out a step on a machine, over one SSH session. The command is the step's public part, so that a preview shows
 * how it changes; secret files go by standard input. A change of either runs the step again, which does only what is left to do.
 */
export function remoteStep(
  name: string,
  machine: Controller,
  step: pulumi.Input<Step>,
  secrets: pulumi.Output<MachineFile[]> | undefined,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  return new command.remote.Command(
    name,
    {
      connection: machine.connection,
      create: pulumi.output(step).apply(renderStep),
      stdin: secrets && pulumi.secret(secrets.apply(renderSecrets)),
      // Only what the script says about its progress and its errors; it writes no secrets.
      logging: command.remote.Logging.Stderr,
      addPreviousOutputInEnv: false,
    },
    { customTimeouts: { create: "20m", update: "20m" }, ...opts },
  );
}
