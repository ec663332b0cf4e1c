import { X509Certificate } from "crypto";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { renderKubeconfig } from "./kubeconfig";
import { signedByCluster } from "./signedByCluster";
import { Team } from "./Team";

/** The cluster that people get access to. */
export interface Cluster {
  /** The cluster's name in kubeconfigs. */
  name: string;
  endpoint: pulumi.Output<string>;
  /** PEM */
  caCertificate: pulumi.Output<string>;
  /** An administrator's kubeconfig. Secret. */
  administrator: pulumi.Output<string>;
}

export interface PersonArgs {
  team: Team;
  cluster: Cluster;
  certificateDays: number;
  renewBeforeDays: number;
}

/** One person of a team: a private key, a client certificate signed by the cluster, and a kubeconfig with both. */
export class Person extends pulumi.ComponentResource {
  /** Its default namespace is the team's. Secret. */
  readonly kubeconfig: pulumi.Output<string>;

  constructor(name: string, args: PersonArgs, opts?: pulumi.ComponentResourceOptions) {
    const { team, cluster, ...recorded } = args;
    super("tenant:index:Person", name, recorded, opts);
    const { certificateDays, renewBeforeDays } = args;
    const validityHours = certificateDays * 24;
    const user = team.userName(name);
    const subject = { commonName: user };

    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    const privateKeyPem = key.privateKeyPemPkcs8;
    const request = new tls.CertRequest(`${name}-request`, { privateKeyPem, subject }, { parent: this });
    // The engine cannot tell when the certificate from Kubernetes is about to expire. This self-signed certificate has the
    // same lifetime and no other use: the tls provider replaces it in time, and that triggers a new signing request.
    const clock = new tls.SelfSignedCert(
      `${name}-clock`,
      {
        privateKeyPem,
        subject,
        allowedUses: [],
        validityPeriodHours: validityHours,
        earlyRenewalHours: renewBeforeDays * 24,
      },
      { parent: this },
    );
    const certificate = signedByCluster(
      `${name}-certificate`,
      {
        administrator: cluster.administrator,
        request: request.certRequestPem,
        requestName: `${team.name}-${name}-`,
        hours: validityHours,
        // A cluster with another authority does not accept the old certificate.
        renewWith: [cluster.caCertificate, clock.certPem],
      },
      { parent: this },
    ).apply((pem) => checkLifetime(pem, certificateDays));

    this.kubeconfig = pulumi.secret(
      pulumi
        .all([cluster.endpoint, cluster.caCertificate, certificate, privateKeyPem, team.namespace])
        .apply(([server, ca, pem, keyPem, namespace]) =>
          renderKubeconfig({ server, ca, cluster: cluster.name, user, namespace, certificate: pem, key: keyPem }),
        ),
    );
    this.registerOutputs({});
  }
}

/** Returns the certificate. Throws if it is valid for less than `days`: a cluster shortens requests to its own limit silently. */
function checkLifetime(pem: string, days: number): string {
  const { validFrom, validTo } = new X509Certificate(pem);
  const validDays = (Date.parse(validTo) - Date.parse(validFrom)) / (24 * 3600 * 1000);
  // 0.1 days is a tolerance for rounding.
  if (validDays < days - 0.1)
    throw new pulumi.RunError(
      `tenant:certificateDays ${days}: the cluster signs certificates for ${validDays.toFixed(1)} days at most; ` +
        "set it to no more than that, or set hardway:certificateDays of the control plane to at least as many",
    );
  return pem;
}
