import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { KeyPair } from "../../node/render/keyPair";
import { Authority } from "./Authority";
import { hours, Lifetimes } from "./lifetimes";

export type Usage = "server_auth" | "client_auth";

export interface CertificateArgs {
  authority: Authority;
  /** The subject's common name: the user, for a client certificate. */
  commonName: string;
  /** The subject's organization: the user's group, for a client certificate. */
  organization?: string;
  /** What the certificate may be used for, nothing more. */
  usages: Usage[];
  dnsNames?: pulumi.Input<string>[];
  ipAddresses?: pulumi.Input<string>[];
  lifetimes: Lifetimes;
}

/**
 * A leaf: an ECDSA P-256 key of its own and a certificate signed by an authority. No component of its own: there are
 * dozens, and each would be one more thing to read in a plan and to save in the state.
 */
export function certificate(
  name: string,
  args: CertificateArgs,
  opts?: pulumi.CustomResourceOptions,
): pulumi.Output<KeyPair> {
  const { authority, commonName, organization, dnsNames, ipAddresses, lifetimes } = args;
  const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, opts);
  const request = new tls.CertRequest(
    `${name}-request`,
    { privateKeyPem: key.privateKeyPemPkcs8, subject: { commonName, organization }, dnsNames, ipAddresses },
    opts,
  );
  const signed = new tls.LocallySignedCert(
    `${name}-certificate`,
    {
      certRequestPem: request.certRequestPem,
      caCertPem: authority.certificate,
      caPrivateKeyPem: authority.key,
      validityPeriodHours: hours(lifetimes.certificateDays),
      earlyRenewalHours: hours(lifetimes.renewBeforeDays),
      allowedUses: ["digital_signature", ...args.usages],
    },
    opts,
  );
  return pulumi.output({ certificate: signed.certPem, key: key.privateKeyPemPkcs8 });
}
