import { X509Certificate } from "crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { KeyPair } from "../../node/render/keyPair";
import { hours } from "../pki/lifetimes";
import { asAdministrator, KUBECTL } from "./asAdministrator";

export interface SigningArgs {
  /** An administrator's kubeconfig. Secret. */
  administrator: pulumi.Output<string>;
  /** The cluster's authority, PEM. A cluster with another one does not accept the old certificate. */
  ca: string;
  /** The user that the certificate stands for. */
  user: string;
  certificateDays: number;
  renewBeforeDays: number;
}

/** The API server makes the request's name, so the script can approve only the request that it made. */
const SIGN = `${KUBECTL}
name=$(kubectl create --filename - --output 'jsonpath={.metadata.name}' <<<"$REQUEST")
trap 'kubectl delete certificatesigningrequest "$name" --wait=false >&2' EXIT
kubectl certificate approve "$name" >&2
kubectl wait "certificatesigningrequest/$name" --for 'jsonpath={.status.certificate}' --timeout 60s >&2 || {
  echo "$name has no certificate: $(kubectl get certificatesigningrequest "$name" --output 'jsonpath={.status.conditions}')" >&2
  exit 1
}
kubectl get certificatesigningrequest "$name" --output 'go-template={{.status.certificate | base64decode}}'
`;

/**
 * A client certificate that the cluster itself signs, because the authority's key stays with the control plane. A `pulumi up` renews it.
 * Throws a RunError when the cluster signs for less time than it was asked to.
 */
export function signedByCluster(
  name: string,
  { administrator, ca, user, certificateDays, renewBeforeDays }: SigningArgs,
  opts?: pulumi.CustomResourceOptions,
): pulumi.Output<KeyPair> {
  const subject = { commonName: user };
  const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, opts);
  const privateKeyPem = key.privateKeyPemPkcs8;
  const request = new tls.CertRequest(`${name}-request`, { privateKeyPem, subject }, opts);
  // The engine cannot tell when a certificate of the cluster ends. This one ends at the same time, and its provider replaces it early.
  const clock = new tls.SelfSignedCert(
    `${name}-clock`,
    {
      privateKeyPem,
      subject,
      allowedUses: [],
      validityPeriodHours: hours(certificateDays),
      earlyRenewalHours: hours(renewBeforeDays),
    },
    opts,
  );
  const body = request.certRequestPem.apply((pem) =>
    JSON.stringify({
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { generateName: `${name}-` },
      spec: {
        request: Buffer.from(pem).toString("base64"),
        signerName: "kubernetes.io/kube-apiserver-client",
        expirationSeconds: hours(certificateDays) * 3600,
        usages: ["client auth"],
      },
    }),
  );
  const signed = new command.local.Command(
    `${name}-certificate`,
    {
      ...asAdministrator(administrator),
      create: SIGN,
      environment: { REQUEST: body },
      triggers: [body, ca, clock.certPem],
    },
    opts,
  );
  return pulumi
    .all([signed.stdout, privateKeyPem])
    .apply(([certificate, keyPem]) => ({ certificate: checkLifetime(certificate, certificateDays), key: keyPem }));
}

function checkLifetime(pem: string, days: number): string {
  const { validFrom, validTo } = new X509Certificate(pem);
  const valid = (Date.parse(validTo) - Date.parse(validFrom)) / (24 * 3600 * 1000);
  // A tolerance for rounding.
  if (valid < days - 0.1)
    throw new pulumi.RunError(
      `workers:certificateDays ${days}: the cluster signs certificates for ${valid.toFixed(1)} days at most; ` +
        "set it to no more than that, or set hardway:certificateDays of the control plane to at least as many",
    );
  return pem;
}
