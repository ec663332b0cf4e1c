import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { KUBELET_CSR_APPROVER_USER, WORKERS_CONFIG_MAP } from "../node/identities";
import { componentType } from "./type";

const RBAC = "rbac.authorization.k8s.io";
const CERTIFICATES = "certificates.k8s.io";
const NAME = KUBELET_CSR_APPROVER_USER;
const REQUESTS = "certificatesigningrequests";

/**
 * The rights of the program that approves kubelets' serving certificates: to see the requests, to approve those of this one signer, and to
 * look up which machines there are.
 */
export class ApproverRbac extends pulumi.ComponentResource {
  constructor(name: string, provider: kubernetes.Provider, opts?: pulumi.ComponentResourceOptions) {
    super(componentType("ApproverRbac"), name, {}, opts);
    // As the objects of KubeletRbac.
    const options = { parent: this, provider, retainOnDelete: true };
    const subjects = [{ apiGroup: RBAC, kind: "User", name: NAME }];

    const clusterRole = new kubernetes.rbac.v1.ClusterRole(
      `${name}-cluster-role`,
      {
        metadata: { name: NAME },
        rules: [
          { apiGroups: [CERTIFICATES], resources: [REQUESTS], verbs: ["get", "list", "watch"] },
          { apiGroups: [CERTIFICATES], resources: [`${REQUESTS}/approval`], verbs: ["update"] },
          {
            apiGroups: [CERTIFICATES],
            resources: ["signers"],
            resourceNames: ["kubernetes.io/kubelet-serving"],
            verbs: ["approve"],
          },
          { apiGroups: [""], resources: ["nodes"], verbs: ["get"] },
        ],
      },
      options,
    );
    new kubernetes.rbac.v1.ClusterRoleBinding(
      `${name}-cluster-binding`,
      {
        metadata: { name: NAME },
        roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: clusterRole.metadata.name },
        subjects,
      },
      options,
    );

    const metadata = { name: NAME, namespace: "kube-system" };
    const role = new kubernetes.rbac.v1.Role(
      `${name}-role`,
      {
        metadata,
        rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: [WORKERS_CONFIG_MAP], verbs: ["get"] }],
      },
      options,
    );
    new kubernetes.rbac.v1.RoleBinding(
      `${name}-binding`,
      { metadata, roleRef: { apiGroup: RBAC, kind: "Role", name: role.metadata.name }, subjects },
      options,
    );

    this.registerOutputs({});
  }
}
