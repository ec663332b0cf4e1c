import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { asCpu, asMemory, Role, Settings } from "./settings";

export interface TeamArgs extends Pick<
  Settings,
  "people" | "quotaCpu" | "quotaMemory" | "quotaPods" | "containerCpu" | "containerMemory"
> {
  /** An administrator's. */
  provider: kubernetes.Provider;
}

const RBAC = "rbac.authorization.k8s.io";

/** A namespace that is a team's own, with what its people may take and do. */
export class Team extends pulumi.ComponentResource {
  readonly namespace: pulumi.Output<string>;

  constructor(
    readonly name: string,
    args: TeamArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { provider, ...recorded } = args;
    super("tenant:index:Team", name, recorded, opts);
    const options = { parent: this, provider };

    const namespace = new kubernetes.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
      options,
    );
    this.namespace = namespace.metadata.name;
    const metadata = (object: string) => ({ name: object, namespace: this.namespace });

    new kubernetes.core.v1.ResourceQuota(
      `${name}-quota`,
      {
        metadata: metadata("team"),
        spec: {
          hard: {
            "requests.cpu": asCpu(args.quotaCpu),
            "limits.cpu": asCpu(args.quotaCpu),
            "requests.memory": asMemory(args.quotaMemory),
            "limits.memory": asMemory(args.quotaMemory),
            pods: String(args.quotaPods),
            // These take ports of all nodes, and addresses that somebody pays for.
            "services.nodeports": "0",
            "services.loadbalancers": "0",
          },
        },
      },
      options,
    );
    // With a quota, a container that names no limit is refused: it gets these.
    const container = { cpu: asCpu(args.containerCpu), memory: asMemory(args.containerMemory) };
    new kubernetes.core.v1.LimitRange(
      `${name}-limits`,
      {
        metadata: metadata("team"),
        spec: { limits: [{ type: "Container", default: container, defaultRequest: container }] },
      },
      options,
    );
    // What the team lets in, it says by policies of its own.
    new kubernetes.networking.v1.NetworkPolicy(
      `${name}-network`,
      { metadata: metadata("deny-ingress"), spec: { podSelector: {}, policyTypes: ["Ingress"] } },
      options,
    );

    // Kubernetes' own roles, which grow with it. Bound to each person, not to a group that a certificate names: who is
    // no longer bound has no rights, however long the certificate lives.
    for (const role of ["edit", "view"] satisfies Role[]) {
      const users = Object.keys(args.people).filter((person) => args.people[person] === role);
      if (users.length === 0) continue;
      new kubernetes.rbac.v1.RoleBinding(
        `${name}-${role}`,
        {
          metadata: metadata(`team-${role}`),
          roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role },
          subjects: users.map((person) => ({ apiGroup: RBAC, kind: "User", name: this.userName(person) })),
        },
        options,
      );
    }

    this.registerOutputs({ namespace: this.namespace });
  }

  /** The user that a person of the team is to Kubernetes: never one of Kubernetes' own, nor another team's. */
  userName(person: string): string {
    return `tenant:${this.name}:${person}`;
  }
}
