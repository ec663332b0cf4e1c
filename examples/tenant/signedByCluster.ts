import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

export interface SigningArgs {
  /** An administrator's kubeconfig. Secret. */
  administrator: pulumi.Input<string>;
  /** A certificate signing request, PEM. Its common name is the user name. */
  request: pulumi.Input<string>;
  /** First part of the CertificateSigningRequest's name. The API server adds a random suffix. */
  requestName: string;
  hours: number;
  /** A new certificate is made when one of these changes. */
  renewWith: pulumi.Input<string>[];
}

/**
 * Reads the kubeconfig from standard input and passes it to kubectl without writing it to disk. The API server generates
 * the name, so the script can only approve the request it created. The request is deleted even when a command fails.
 */
const SIGN = `set -euo pipefail
kubeconfig=$(cat)
kubectl() { command kubectl --kubeconfig <(printf %s "$kubeconfig") --request-timeout 30s "$@"; }
name=$(kubectl create --filename - --output 'jsonpath={.metadata.name}' <<<"$REQUEST")
trap 'kubectl delete certificatesigningrequest "$name" --wait=false >&2' EXIT
kubectl certificate approve "$name" >&2
kubectl wait "certificatesigningrequest/$name" --for 'jsonpath={.status.certificate}' --timeout 60s >&2 || {
  echo "$name has no certificate: $(kubectl get certificatesigningrequest "$name" --output 'jsonpath={.status.conditions}')" >&2
  echo "kube-controller-manager signs requests: is it up, with the key of the authority?" >&2
  exit 1
}
kubectl get certificatesigningrequest "$name" --output 'go-template={{.status.certificate | base64decode}}'
`;

/**
 * A client certificate from the cluster's authority, PEM. One command creates a CertificateSigningRequest, approves it,
 * waits for the certificate and deletes the request. The request is not a Pulumi resource, because Kubernetes deletes it an
 * hour after signing, and because no Pulumi resource can approve one.
 */
export function signedByCluster(
  name: string,
  args: SigningArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const request = pulumi.output(args.request).apply((pem) =>
    JSON.stringify({
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { generateName: args.requestName },
      spec: {
        request: Buffer.from(pem).toString("base64"),
        signerName: "kubernetes.io/kube-apiserver-client",
        expirationSeconds: args.hours * 3600,
        usages: ["client auth"],
      },
    }),
  );
  return new command.local.Command(
    name,
    {
      interpreter: ["bash", "-c"],
      create: SIGN,
      // Runs when only the administrator's kubeconfig changed: keeps the certificate.
      update: 'printf %s "$PULUMI_COMMAND_STDOUT"',
      environment: { REQUEST: request },
      stdin: args.administrator,
      triggers: [request, ...args.renewWith],
      logging: command.local.Logging.Stderr,
    },
    opts,
  ).stdout;
}
