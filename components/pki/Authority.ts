import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { KeyPair } from "../../node/render/keyPair";
import { componentType } from "../type";
import { hours, Lifetimes } from "./lifetimes";

export interface AuthorityArgs {
  /** The subject's common name. */
  commonName: string;
  lifetimes: Lifetimes;
}

/** A certificate authority: an ECDSA P-256 key, and a self-signed certificate that may only sign. */
export class Authority extends pulumi.ComponentResource {
  /** PEM. */
  readonly certificate: pulumi.Output<string>;
  /** PEM, PKCS #8. */
  readonly key: pulumi.Output<string>;
  readonly keyPair: pulumi.Output<KeyPair>;

  constructor(name: string, args: AuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    const { commonName, lifetimes } = args;
    // Records only the authority's lifetime, so that a change of the leaves' lifetime is no change of this component.
    super(componentType("Authority"), name, { commonName, authorityDays: lifetimes.authorityDays }, opts);

    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    const certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.privateKeyPemPkcs8,
        isCaCertificate: true,
        setSubjectKeyId: true,
        subject: { commonName },
        validityPeriodHours: hours(lifetimes.authorityDays),
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
      },
      { parent: this },
    );

    this.certificate = certificate.certPem;
    this.key = key.privateKeyPemPkcs8;
    this.keyPair = pulumi.output({ certificate: this.certificate, key: this.key });
    this.registerOutputs({ certificate: this.certificate });
  }
}
