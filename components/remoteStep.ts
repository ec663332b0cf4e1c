import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { MachineFile } from "../node/render/file";
import { renderStep, Step, stepCommand } from "../node/render/step";
import { Machine } from "./MachineGroup";

/**
 * Runs a step on a machine, in one SSH session. Script and secret files are sent on standard input, so that they appear in
 * no argument, log or error. The step runs again when either changes, and when the machine says that somebody changed what the
 * step has written. It then does only what is left to do. `stepName` is known before `step` is.
 */
export function remoteStep(
  name: string,
  machine: Machine,
  stepName: string,
  step: pulumi.Input<Step>,
  secrets: pulumi.Output<MachineFile[]>,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const drift = machine.drift[stepName];
  return new command.remote.Command(
    name,
    {
      connection: machine.connection,
      create: pulumi.output(step).apply(stepCommand),
      stdin: pulumi.secret(pulumi.all([step, secrets]).apply(([s, files]) => renderStep(s, files))),
      // The script writes progress and errors to standard error, and never secrets.
      logging: command.remote.Logging.Stderr,
      addPreviousOutputInEnv: false,
      triggers: drift === undefined ? undefined : [drift],
    },
    {
      customTimeouts: { create: "20m", update: "20m" },
      // Without drift, the difference that was repaired last stays in the state.
      ignoreChanges: drift === undefined ? ["triggers"] : [],
      ...opts,
    },
  );
}
