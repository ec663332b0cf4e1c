import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { JOINING_GROUP } from "../../node/identities";
import { componentType } from "../type";

const RBAC = "rbac.authorization.k8s.io";
const NODES = "system:nodes";

/** What workers may ask of the API besides what Kubernetes itself allows every node: to join, and to renew their certificates. */
export class WorkerRbac extends pulumi.ComponentResource {
  constructor(name: string, { provider }: { provider: kubernetes.Provider }, opts?: pulumi.ComponentResourceOptions) {
    super(componentType("WorkerRbac"), name, {}, opts);

    const bind = (suffix: string, group: string, role: string) =>
      new kubernetes.rbac.v1.ClusterRoleBinding(
        `${name}-${suffix}`,
        {
          metadata: { name: `hardway:${suffix}` },
          roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role },
          subjects: [{ apiGroup: RBAC, kind: "Group", name: group }],
        },
        { parent: this, provider },
      );
    bind("join", JOINING_GROUP, "system:node-bootstrapper");
    bind("first-certificate", JOINING_GROUP, "system:certificates.k8s.io:certificatesigningrequests:nodeclient");
    bind("next-certificate", NODES, "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient");

    this.registerOutputs({});
  }
}
