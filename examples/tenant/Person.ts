import { X509Certificate } from "crypto";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { hours } from "../../components/pki/lifetimes";
import { kubeconfig as renderKubeconfig } from "../../node/programs/kubeconfig";
import { signedByCluster } from "./signedByCluster";
import { Team } from "./Team";

/** A cluster as its people's kubeconfigs and its administrator see it. */
export interface Cluster {
  /** What kubeconfigs call it. */
  name: string;
  endpoint: pulumi.Output<string>;
  /** PEM */
  caCertificate: pulumi.Output<string>;
  /** A kubeconfig. Secret. */
  administrator: pulumi.Output<string>;
}

export interface PersonArgs {
  team: Team;
  cluster: Cluster;
  certificateDays: number;
  renewBeforeDays: number;
}

/** A person of a team: a key that never leaves the stack but in the kubeconfig, and a certificate signed by the cluster. */
export class Person extends pulumi.ComponentResource {
  /** Works in the team's namespace. Secret. */
  readonly kubeconfig: pulumi.Output<string>;

  constructor(name: string, args: PersonArgs, opts?: pulumi.ComponentResourceOptions) {
    const { team, cluster, ...recorded } = args;
    super("tenant:index:Person", name, recorded, opts);
    const { certificateDays, renewBeforeDays } = args;
    const user = team.userName(name);
    const subject = { commonName: user };

    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    const privateKeyPem = key.privateKeyPemPkcs8;
    const request = new tls.CertRequest(`${name}-request`, { privateKeyPem, subject }, { parent: this });
    // Nothing tells the engine when a certificate from Kubernetes is about to end. This one, which serves nothing else,
    // is of the same age, and its plugin replaces it in time.
    const clock = new tls.SelfSignedCert(
      `${name}-clock`,
      {
        privateKeyPem,
        subject,
        allowedUses: [],
        validityPeriodHours: hours(certificateDays),
        earlyRenewalHours: hours(renewBeforeDays),
      },
      { parent: this },
    );
    const certificate = signedByCluster(
      `${name}-certificate`,
      {
        administrator: cluster.administrator,
        request: request.certRequestPem,
        requestName: `${team.name}-${name}-`,
        hours: hours(certificateDays),
        // Of no use at a cluster with another authority.
        renewWith: [cluster.caCertificate, clock.certPem],
      },
      { parent: this },
    ).apply((pem) => livingLongEnough(pem, certificateDays));

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

/** A cluster signs for as long as its own setting allows, and says nothing when that is less. */
function livingLongEnough(pem: string, days: number): string {
  const { validFrom, validTo } = new X509Certificate(pem);
  const lives = (Date.parse(validTo) - Date.parse(validFrom)) / (24 * 3600 * 1000);
  if (lives < days - 0.1)
    throw new pulumi.RunError(
      `tenant:certificateDays ${days}: the cluster signs for ${lives.toFixed(1)} days at most; ` +
        "set no more, or hardway:certificateDays of the control plane to as many",
    );
  return pem;
}
