import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** The beginning of a script that `asAdministrator` runs. The kubeconfig is on no disk and in no argument. */
export const KUBECTL = `set -euo pipefail
kubeconfig=$(cat)
kubectl() { command kubectl --kubeconfig <(printf %s "$kubeconfig") --request-timeout 30s "$@"; }
`;

/** Arguments of a command that runs kubectl on the computer that runs the engine. `kubeconfig` is an administrator's. */
export const asAdministrator = (kubeconfig: pulumi.Output<string>) => ({
  interpreter: ["bash", "-c"],
  stdin: kubeconfig,
  // Only `triggers` make it run again: a new kubeconfig keeps what the old one has made.
  update: 'printf %s "$PULUMI_COMMAND_STDOUT"',
  logging: command.local.Logging.Stderr,
});
