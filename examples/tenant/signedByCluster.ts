import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

export interface SigningArgs {
  /** An administrator's kubeconfig. Secret. */
  administrator: pulumi.Input<string>;
  /** PEM; its common name is the user. */
  request: pulumi.Input<string>;
  /** First part of the CertificateSigningRequest's name; the cluster makes the rest. */
  requestName: string;
  hours: number;
  /** A change of one of these makes a new certificate. */
  renewWith: pulumi.Input<string>[];
}

/**
 * Reads the kubeconfig from standard input and hands it on without a file. The name is new, so what is approved is what
 * was created here and nobody else's; the request goes, whatever happens.
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
 * A client certificate from the cluster's own authority, PEM: a CertificateSigningRequest is created, approved, awaited
 * and deleted by one command. It is no resource of its own, because Kubernetes removes it an hour after it was signed,
 * and approving it is a subresource that no resource writes.
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
      // The administrator's kubeconfig was renewed: no reason for a new certificate.
      update: 'printf %s "$PULUMI_COMMAND_STDOUT"',
      environment: { REQUEST: request },
      stdin: args.administrator,
      triggers: [request, ...args.renewWith],
      logging: command.local.Logging.Stderr,
    },
    opts,
  ).stdout;
}
