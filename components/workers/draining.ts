/** Pods leave a worker before its machine stops, one worker at a time, and only as fast as their disruption budgets allow. */
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { asAdministrator, KUBECTL } from "./asAdministrator";

/** Says that the program has closed the Node for new Pods, so that it does not open one which a person has closed. */
const MARK = "hardway/closed";

/**
 * Shell code that moves the Pods of $NODE away. A Node that is not Ready is left alone, because nobody could end its Pods, and so is one
 * whose Pods no other worker can take. Fails after $DRAIN_SECONDS.
 */
export const DRAIN = `${KUBECTL}
state() { kubectl get node "$NODE" --ignore-not-found --output "go-template=$1"; }
READY='{{range .status.conditions}}{{if eq .type "Ready"}}{{.status}}{{end}}{{end}}'
OPEN='{{range .items}}{{if not .spec.unschedulable}}{{$name := .metadata.name}}'
OPEN+='{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{$name}} {{end}}{{end}}{{end}}{{end}}'
others_take_pods() { [ -n "$(kubectl get nodes --output "go-template=$OPEN")" ]; }

kubectl get --raw /readyz >/dev/null 2>&1 || {
  echo "the API does not answer, so $NODE is not drained" >&2
  exit 0
}
[ "$(state "$READY")" = True ] || exit 0
[ "$(state '{{.spec.unschedulable}}')" = true ] || {
  kubectl annotate node "$NODE" ${MARK}=true --overwrite >&2
  kubectl cordon "$NODE" >&2
}
until ! others_take_pods || said=$(kubectl drain "$NODE" --ignore-daemonsets --delete-emptydir-data --force --timeout 10s 2>&1); do
  [ "$SECONDS" -lt "$DRAIN_SECONDS" ] || {
    echo "$said" | tail -n 5 >&2
    echo "$NODE still has Pods after $DRAIN_SECONDS s, so its machine was not touched. A PodDisruptionBudget may hold them: kubectl get poddisruptionbudgets --all-namespaces. Run pulumi up again, with a higher workers:drainSeconds if they need longer" >&2
    exit 1
  }
done
`;

/** Opens $NODE for new Pods again, if the program has closed it. */
const OPEN_AGAIN = `${KUBECTL}
[ "$(kubectl get node "$NODE" --output 'go-template={{index .metadata.annotations "${MARK}"}}')" = true ] || exit 0
kubectl uncordon "$NODE" >&2
kubectl annotate node "$NODE" ${MARK}- >&2
`;

export interface DrainingArgs {
  /** An administrator's kubeconfig. Secret. */
  administrator: pulumi.Output<string>;
  /** Name of the Node. */
  node: string;
  /** What the machine is made of. It stops for a change, so that is what Pods leave it for. */
  hardware: string;
  drainSeconds: number;
}

/** Drains a worker before its machine changes. At the first creation there is no Node, and nothing to do. */
export const drainBeforeChange = (
  name: string,
  { administrator, node, hardware, drainSeconds }: DrainingArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command =>
  new command.local.Command(
    name,
    {
      ...asAdministrator(administrator),
      create: DRAIN,
      environment: { NODE: node, DRAIN_SECONDS: String(drainSeconds) },
      triggers: [hardware],
    },
    opts,
  );

/** Takes Pods again after a change. */
export const openAfterChange = (
  name: string,
  { administrator, node, hardware, occasion }: Omit<DrainingArgs, "drainSeconds"> & { occasion: pulumi.Output<string> },
  opts: pulumi.CustomResourceOptions,
): command.local.Command =>
  new command.local.Command(
    name,
    {
      ...asAdministrator(administrator),
      create: OPEN_AGAIN,
      environment: { NODE: node },
      triggers: [hardware, occasion],
    },
    opts,
  );
