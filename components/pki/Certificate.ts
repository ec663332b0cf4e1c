import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { KeyPair } from "../../node/render/keyPair";
import { componentType } from "../type";
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

/** A leaf: an ECDSA P-256 key of its own and a certificate signed by an authority. */
export class Certificate extends pulumi.ComponentResource {
  readonly keyPair: pulumi.Output<KeyPair>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    const { authority, ...recorded } = args;
    super(componentType("Certificate"), name, recorded, opts);

    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: key.privateKeyPemPkcs8,
        subject: { commonName: args.commonName, organization: args.organization },
        dnsNames: args.dnsNames,
        ipAddresses: args.ipAddresses,
      },
      { parent: this },
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-certificate`,
      {
        certRequestPem: request.certRequestPem,
        caCertPem: authority.certificate,
        caPrivateKeyPem: authority.key,
        validityPeriodHours: hours(args.lifetimes.certificateDays),
        earlyRenewalHours: hours(args.lifetimes.renewBeforeDays),
        allowedUses: ["digital_signature", ...args.usages],
      },
      { parent: this },
    );

    this.keyPair = pulumi.output({ certificate: certificate.certPem, key: key.privateKeyPemPkcs8 });
    this.registerOutputs({ certificate: certificate.certPem });
  }
}
