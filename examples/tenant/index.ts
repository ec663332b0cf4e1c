import { X509Certificate } from "crypto";
import * as kubernetes from "@pulumi/kubernetes";
import { outputsOf } from "../../outputs";
import { Person } from "./Person";
import { checkKubeconfig } from "./checkKubeconfig";
import { readSettings } from "./settings";
import { Team } from "./Team";

export = async () => {
  const { controlPlane, team: teamName, people, certificateDays, renewBeforeDays, ...limits } = readSettings();
  const { endpoint, caCertificate, kubeconfig } = await outputsOf(controlPlane, "tenant:controlPlane");
  await checkKubeconfig(kubeconfig, controlPlane);

  const provider = new kubernetes.Provider("control-plane", {
    kubeconfig,
    // Identifies the cluster by its authority. A new cluster, which has a new authority, replaces every object; a new
    // endpoint or administrator replaces none.
    clusterIdentifier: caCertificate.apply((pem) => new X509Certificate(pem).fingerprint256),
    enableServerSideApply: true,
    // deleteUnreachable stays off: with it, a cluster that is down for an hour would lose its objects from this stack's state.
  });
  const team = new Team(teamName, { provider, people, ...limits });

  const [, project, stack] = controlPlane.split("/");
  const cluster = { name: `${project}-${stack}`, endpoint, caCertificate, administrator: kubeconfig };
  const kubeconfigs = Object.keys(people).map((name) => {
    const person = new Person(name, { team, cluster, certificateDays, renewBeforeDays });
    return [`kubeconfig-${name}`, person.kubeconfig] as const;
  });
  return { namespace: team.namespace, ...Object.fromEntries(kubeconfigs) };
};
