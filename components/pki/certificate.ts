import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { CertificateHost } from "../../node/certificateNames";
import { Leaf } from "../../node/certificates";
import { KeyPair } from "../../node/render/keyPair";
import { Authorities } from "./authorities";
import { hours, Lifetimes } from "./lifetimes";

/** What the names in a certificate are made from, where addresses may not be known yet. */
export type Host = CertificateHost<pulumi.Input<string>>;
/** The part of a Host that is the same for all machines of a cluster. */
export type ClusterHost = Omit<Host, "machineName" | "internalIp">;

export interface CertificateArgs {
  leaf: Leaf;
  authorities: Authorities;
  lifetimes: Lifetimes;
  /** Required when the leaf has names, or a common name made from the machine's. */
  host?: Host;
}

/**
 * Makes a leaf: an ECDSA P-256 key that no other certificate shares, and a certificate signed by the leaf's authority. Makes
 * plain resources and no component, because each of the dozens of leaves would add a line to every plan and a save of the state.
 */
export function certificate(
  name: string,
  { leaf, authorities, lifetimes, host }: CertificateArgs,
  opts?: pulumi.CustomResourceOptions,
): pulumi.Output<KeyPair> {
  const authority = authorities[leaf.signer];
  const { commonName, organization, usages } = leaf;
  const subject = {
    commonName: typeof commonName === "string" ? commonName : commonName(required(name, host).machineName),
    organization,
  };
  const names = leaf.names?.(required(name, host));

  const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, opts);
  const request = new tls.CertRequest(
    `${name}-request`,
    { privateKeyPem: key.privateKeyPemPkcs8, subject, ...names },
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
      allowedUses: ["digital_signature", ...usages],
    },
    opts,
  );
  return pulumi.output({ certificate: signed.certPem, key: key.privateKeyPemPkcs8 });
}

function required<T>(name: string, host: T | undefined): T {
  if (host === undefined) throw new Error(`the certificate ${name} needs a host for its names`);
  return host;
}
