import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { WORKERS_CONFIG_MAP } from "../../node/identities";

/**
 * Tells the control plane which machines are workers, with the addresses that the cloud gave them: a kubelet gets a serving certificate for
 * the name and the address that are here.
 */
export const machinesMap = (
  name: string,
  machines: { name: string; internalIp: string }[],
  opts: pulumi.CustomResourceOptions,
): kubernetes.core.v1.ConfigMap =>
  new kubernetes.core.v1.ConfigMap(
    name,
    {
      metadata: { name: WORKERS_CONFIG_MAP, namespace: "kube-system" },
      data: Object.fromEntries(machines.map((machine) => [machine.name, machine.internalIp])),
    },
    opts,
  );
