import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { ports } from "../../node/layout";
import { controllerTagOf } from "../Network";
import { componentType } from "../type";

export interface WorkerNetworkArgs {
  /** The control plane's cluster: the name of its network, and the beginning of the names of all resources. */
  clusterName: string;
  region: string;
  /** Range of the workers' subnet. */
  subnetCidr: string;
  /** Range of all Pods. */
  podCidr: string;
  /** Ranges that may open SSH connections to the workers. */
  administratorCidrs: string[];
  /** Ranges that may reach NodePorts from outside. */
  nodePortCidrs: string[];
  /** FIRST-LAST */
  nodePortRange: string;
}

/** The workers' subnet in the control plane's network, and one firewall rule for each purpose. All other ingress is denied. */
export class WorkerNetwork extends pulumi.ComponentResource {
  readonly subnetwork: gcp.compute.Subnetwork;
  /** The workers' network tag. The firewall rules apply to every machine that has it. */
  readonly workerTag: string;
  private readonly allow: (
    purpose: string,
    description: string,
    rule: Omit<gcp.compute.FirewallArgs, "network">,
  ) => gcp.compute.Firewall;
  private readonly controllerTag: string;

  constructor(name: string, args: WorkerNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super(componentType("WorkerNetwork"), name, args, opts);
    const { clusterName, subnetCidr, podCidr, nodePortCidrs, nodePortRange } = args;

    this.subnetwork = new gcp.compute.Subnetwork(
      `${name}-workers`,
      {
        name: `${clusterName}-workers`,
        network: clusterName,
        region: args.region,
        ipCidrRange: subnetCidr,
        privateIpGoogleAccess: true,
      },
      { parent: this },
    );
    this.workerTag = `${clusterName}-worker`;
    this.controllerTag = controllerTagOf(clusterName);

    this.allow = (purpose, description, rule) =>
      new gcp.compute.Firewall(
        `${name}-allow-${purpose}`,
        {
          name: `${clusterName}-workers-allow-${purpose}`,
          description,
          network: clusterName,
          direction: "INGRESS",
          targetTags: [this.workerTag],
          ...rule,
        },
        { parent: this },
      );
    const tcp = (...list: (number | string)[]) => ({ protocol: "tcp", ports: list.map(String) });
    const within = [subnetCidr, podCidr];
    const nodePorts = [tcp(nodePortRange), { protocol: "udp", ports: [nodePortRange] }];
    this.allow("pods", "Everything from workers and Pods to Pods", {
      sourceRanges: within,
      destinationRanges: [podCidr],
      allows: [{ protocol: "all" }],
    });
    this.allow("nodes", "Kubelets and NodePorts from workers and Pods", {
      sourceRanges: within,
      allows: [tcp(KUBELET_PORT), ...nodePorts, { protocol: "icmp" }],
    });
    this.allow("kubelet", "Kubelets from the API servers", {
      sourceTags: [this.controllerTag],
      allows: [tcp(KUBELET_PORT)],
    });
    this.allow("api-to-pods", "Aggregated API servers and webhooks, which are Pods, from the API servers", {
      sourceTags: [this.controllerTag],
      destinationRanges: [podCidr],
      allows: [{ protocol: "tcp" }],
    });
    this.allow("ssh", "SSH from the administrators' ranges", {
      sourceRanges: args.administratorCidrs,
      allows: [tcp(22)],
    });
    if (nodePortCidrs.length > 0)
      this.allow("node-ports", "NodePorts from outside", { sourceRanges: nodePortCidrs, allows: nodePorts });

    this.registerOutputs({ subnetwork: this.subnetwork.name });
  }

  /**
   * Lets workers and Pods reach the API: by the controllers' own addresses, and by the front door, which sees a worker's external
   * address. `externalIps` are those of all workers.
   */
  allowApi(
    externalIps: pulumi.Input<string>[],
    { subnetCidr, podCidr }: Pick<WorkerNetworkArgs, "subnetCidr" | "podCidr">,
  ) {
    return this.allow("api", "The Kubernetes API from workers and Pods", {
      targetTags: [this.controllerTag],
      sourceRanges: pulumi
        .all(externalIps)
        .apply((addresses) => [subnetCidr, podCidr, ...addresses.map((address) => `${address}/32`).sort()]),
      allows: [{ protocol: "tcp", ports: [String(ports.api)] }],
    });
  }
}

/** kubelet's port, on which it serves the API servers. */
const KUBELET_PORT = 10250;
