import { X509Certificate } from "crypto";
import * as kubernetes from "@pulumi/kubernetes";
import { outputsOf } from "../../outputs";
import { Person } from "./Person";
import { checkKubeconfig } from "./checkKubeconfig";
import { readSettings } from "./settings";
import { Team } from "./Team";

const { controlPlane, team: teamName, people, certificateDays, renewBeforeDays, ...limits } = readSettings();

export = async () => {
  const { endpoint, caCertificate, kubeconfig } = await outputsOf(controlPlane, "tenant:controlPlane");
  await checkKubeconfig(kubeconfig, controlPlane);

  const provider = new kubernetes.Provider("control-plane", {
    kubeconfig,
    // A cluster is its authority: another endpoint or administrator replaces nothing, a cluster made anew everything.
    clusterIdentifier: caCertificate.apply((pem) => new X509Certificate(pem).fingerprint256),
    enableServerSideApply: true,
    // No deleteUnreachable: a cluster that is away for an hour would keep what this stack forgot.
  });
  const team = new Team(teamName, { provider, people, ...limits });

  const [, project, stack] = controlPlane.split("/");
  const cluster = { name: `${project}-${stack}`, endpoint, caCertificate, administrator: kubeconfig };
  const kubeconfigs = Object.keys(people).map((person) => {
    const made = new Person(person, { team, cluster, certificateDays, renewBeforeDays });
    return [`kubeconfig-${person}`, made.kubeconfig] as const;
  });
  return { namespace: team.namespace, ...Object.fromEntries(kubeconfigs) };
};
