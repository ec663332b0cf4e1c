import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { componentType } from "../type";
import { hours, Lifetimes } from "./lifetimes";

export interface BackupKeyArgs {
  clusterName: string;
  lifetimes: Lifetimes;
}

/**
 * The key pair of the stack's backups. Machines encrypt for the certificate. The private key stays in the stack's state, so a
 * machine can write backups and not read them.
 */
export class BackupKey extends pulumi.ComponentResource {
  /** PEM. Only carries the public key: nothing checks who signed it, or for how long. */
  readonly certificate: pulumi.Output<string>;
  /** PEM, PKCS #8. */
  readonly privateKey: pulumi.Output<string>;

  constructor(name: string, { clusterName, lifetimes }: BackupKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super(componentType("BackupKey"), name, { clusterName, authorityDays: lifetimes.authorityDays }, opts);

    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    const certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.privateKeyPemPkcs8,
        subject: { commonName: `${clusterName} backups` },
        validityPeriodHours: hours(lifetimes.authorityDays),
        allowedUses: ["key_agreement"],
      },
      { parent: this },
    );

    this.certificate = certificate.certPem;
    this.privateKey = key.privateKeyPemPkcs8;
    this.registerOutputs({ certificate: this.certificate });
  }
}
