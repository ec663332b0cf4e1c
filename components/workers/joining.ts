/** What the API must hear from an administrator while a worker joins. */
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { JOINING_GROUP } from "../../node/identities";
import { asAdministrator, KUBECTL } from "./asAdministrator";
import { DRAIN } from "./draining";

/** The API server itself ends a token that nobody removes. */
const MAKE_TOKEN = `${KUBECTL}
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \\n'; }
id=$(random 3)
secret=$(random 8)
kubectl create --filename - >&2 <<OBJECT
apiVersion: v1
kind: Secret
metadata:
  name: bootstrap-token-$id
  namespace: kube-system
type: bootstrap.kubernetes.io/token
stringData:
  description: "for $NODE to join"
  token-id: "$id"
  token-secret: "$secret"
  expiration: "$(date --utc --date '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
  usage-bootstrap-authentication: "true"
  auth-extra-groups: "$GROUP"
OBJECT
printf %s "$id.$secret"
`;

const AWAIT_READY = `${KUBECTL}
kubectl wait "node/$NODE" --for condition=Ready --timeout 180s >&2 || {
  echo "$NODE is not Ready: $(kubectl get node "$NODE" --output 'jsonpath={.status.conditions[?(@.type=="Ready")].message}')" >&2
  exit 1
}
kubectl delete secret "bootstrap-token-$TOKEN_ID" --namespace kube-system --ignore-not-found >&2
`;

export interface JoiningArgs {
  /** An administrator's kubeconfig. Secret. */
  administrator: pulumi.Output<string>;
  /** Name of the Node. */
  node: string;
  /** The command runs again when it changes. */
  occasion: pulumi.Output<string>;
}

/** A bootstrap token for one machine, ID.SECRET, which is of use for an hour at most. Secret. */
export function joinToken(
  name: string,
  { administrator, node, occasion }: JoiningArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const made = new command.local.Command(
    name,
    {
      ...asAdministrator(administrator),
      create: MAKE_TOKEN,
      environment: { NODE: node, GROUP: JOINING_GROUP },
      triggers: [occasion],
    },
    { ...opts, additionalSecretOutputs: ["stdout"] },
  );
  return pulumi.secret(made.stdout);
}

/**
 * Waits until the API server says that the Node is Ready, and removes the token with which it joined. Before the machine goes, the Node is
 * drained.
 */
export function whenJoined(
  name: string,
  {
    administrator,
    node,
    occasion,
    token,
    drainSeconds,
  }: JoiningArgs & { token: pulumi.Output<string>; drainSeconds: number },
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return new command.local.Command(
    name,
    {
      ...asAdministrator(administrator),
      create: AWAIT_READY,
      delete: DRAIN,
      environment: {
        NODE: node,
        // The first part of a token is its public name.
        TOKEN_ID: pulumi.unsecret(token.apply((text) => text.split(".")[0]!)),
        DRAIN_SECONDS: String(drainSeconds),
      },
      triggers: [occasion],
    },
    // Of a machine that is made again: first the old one's end, then the new one's beginning.
    { ...opts, deleteBeforeReplace: true },
  );
}
