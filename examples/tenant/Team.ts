import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { asCpu, asMemory, Role, Settings } from "./settings";

export interface TeamArgs extends Pick<
  Settings,
  "people" | "quotaCpu" | "quotaMemory" | "quotaPods" | "containerCpu" | "containerMemory"
> {
  /** Has an administrator's rights. */
  provider: kubernetes.Provider;
}

const RBAC = "rbac.authorization.k8s.io";

/** A team's namespace, with a quota, default limits, a network policy and role bindings. */
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
            // A node port is taken on every node, and a load balancer costs money.
            "services.nodeports": "0",
            "services.loadbalancers": "0",
          },
        },
      },
      options,
    );
    // The quota makes Kubernetes refuse a container without limits, so a container that sets none gets these.
    const container = { cpu: asCpu(args.containerCpu), memory: asMemory(args.containerMemory) };
    new kubernetes.core.v1.LimitRange(
      `${name}-limits`,
      {
        metadata: metadata("team"),
        spec: { limits: [{ type: "Container", default: container, defaultRequest: container }] },
      },
      options,
    );
    // The team adds network policies for the traffic that it wants to allow.
    new kubernetes.networking.v1.NetworkPolicy(
      `${name}-network`,
      { metadata: metadata("deny-ingress"), spec: { podSelector: {}, policyTypes: ["Ingress"] } },
      options,
    );

    // Built-in ClusterRoles, because Kubernetes keeps them up to date. They are bound to each person and not to a group named
    // in certificates, so that removing a person takes effect at once, however long that person's certificate is valid.
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

  /** A person's user name in Kubernetes. The prefix keeps it apart from Kubernetes' own users and from other teams'. */
  userName(person: string): string {
    return `tenant:${this.name}:${person}`;
  }
}
