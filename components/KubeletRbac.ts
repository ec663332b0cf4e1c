import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { componentType } from "./type";

export interface KubeletRbacArgs {
  /** An administrator's kubeconfig, which resolves once the API is ready. Secret. */
  kubeconfig: pulumi.Output<string>;
  /** Identifies the cluster, so that another kubeconfig for the same cluster does not replace the objects. */
  clusterName: string;
  /** 1 for the stack's first cluster. One that was founded again, empty, has the next number, and gets the objects again. */
  generation: number;
  /** kube-apiserver's user on kubelets: the common name of its kubelet client certificate. */
  kubeletClientUser: string;
}

const RBAC = "rbac.authorization.k8s.io";

/** The rights of kube-apiserver on kubelets. Without these bindings its user has none. */
export class KubeletRbac extends pulumi.ComponentResource {
  /** Makes objects in the API as an administrator, once the API is ready. */
  readonly provider: kubernetes.Provider;

  constructor(name: string, args: KubeletRbacArgs, opts?: pulumi.ComponentResourceOptions) {
    const { generation, ...recorded } = args;
    super(componentType("KubeletRbac"), name, recorded, opts);

    const provider = new kubernetes.Provider(
      `${name}-api`,
      {
        kubeconfig: args.kubeconfig,
        clusterIdentifier: generation === 1 ? args.clusterName : `${args.clusterName}#${generation}`,
        enableServerSideApply: true,
        // A refresh while the API is away keeps the objects in the state. deleteUnreachable would forget them.
        skipUpdateUnreachable: true,
        // An object that a stopped update has made without recording it is taken over.
        upsertExistingObjects: true,
      },
      { parent: this },
    );
    // The objects go with their cluster, so destroy needs no API for them. An object that a later version of this program drops
    // must be deleted there by hand.
    const options = { parent: this, provider, retainOnDelete: true };

    const role = new kubernetes.rbac.v1.ClusterRole(
      `${name}-role`,
      {
        metadata: {
          name: "system:kube-apiserver-to-kubelet",
          annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
          labels: { "kubernetes.io/bootstrapping": "rbac-defaults" },
        },
        rules: [
          {
            apiGroups: [""],
            resources: ["nodes/proxy", "nodes/stats", "nodes/log", "nodes/spec", "nodes/metrics"],
            verbs: ["*"],
          },
        ],
      },
      options,
    );
    const bind = (suffix: string, bindingName: string, roleName: pulumi.Input<string>) =>
      new kubernetes.rbac.v1.ClusterRoleBinding(
        `${name}-${suffix}`,
        {
          metadata: { name: bindingName },
          roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: roleName },
          subjects: [{ apiGroup: RBAC, kind: "User", name: args.kubeletClientUser }],
        },
        options,
      );
    bind("binding", "system:kube-apiserver", role.metadata.name);
    // Kubernetes' own role for the same purpose grows with the kubelet's API.
    bind("kubelet-api-admin", "hardway:kube-apiserver-kubelet-api-admin", "system:kubelet-api-admin");

    this.provider = provider;
    this.registerOutputs({});
  }
}
