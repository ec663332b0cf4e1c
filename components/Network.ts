import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { ports } from "../node/layout";
import { componentType } from "./type";

/** The ranges from which Google sends legacy HTTP health checks. Source: Google Cloud's load balancing documentation. */
export const HEALTH_CHECK_CIDRS = ["209.85.152.0/22", "209.85.204.0/22", "35.191.0.0/16"];

/** The network tag of a cluster's controllers. */
export const controllerTagOf = (clusterName: string): string => `${clusterName}-controller`;

export interface NetworkArgs {
  /** The names of all resources in the cloud begin with it. */
  clusterName: string;
  region: string;
  /** Range of the controllers' subnet. */
  subnetCidr: string;
  /** Ranges that may open SSH connections to the controllers. */
  administratorCidrs: string[];
  /** Ranges that may reach the Kubernetes API. */
  apiClientCidrs: string[];
}

/** The VPC network, the controllers' subnet, and one firewall rule for each purpose. All other ingress is denied. */
export class Network extends pulumi.ComponentResource {
  readonly network: gcp.compute.Network;
  readonly subnetwork: gcp.compute.Subnetwork;
  /** The controllers' network tag. The firewall rules apply to every machine that has it. */
  readonly controllerTag: string;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super(componentType("Network"), name, args, opts);
    const { clusterName } = args;

    this.network = new gcp.compute.Network(
      `${name}-vpc`,
      { name: clusterName, description: "hardway control plane", autoCreateSubnetworks: false },
      { parent: this },
    );
    this.subnetwork = new gcp.compute.Subnetwork(
      `${name}-controllers`,
      {
        name: `${clusterName}-controllers`,
        network: this.network.id,
        region: args.region,
        ipCidrRange: args.subnetCidr,
        privateIpGoogleAccess: true,
      },
      { parent: this },
    );
    this.controllerTag = controllerTagOf(clusterName);

    const allow = (purpose: string, description: string, rule: Omit<gcp.compute.FirewallArgs, "network">) =>
      new gcp.compute.Firewall(
        `${name}-allow-${purpose}`,
        {
          name: `${clusterName}-allow-${purpose}`,
          description,
          network: this.network.id,
          direction: "INGRESS",
          targetTags: [this.controllerTag],
          ...rule,
        },
        { parent: this },
      );
    const tcp = (...list: (number | string)[]) => ({ protocol: "tcp", ports: list.map(String) });
    allow("internal", "etcd and the API between controllers", {
      sourceTags: [this.controllerTag],
      allows: [tcp(`${ports.etcdClient}-${ports.etcdPeer}`, ports.api), { protocol: "icmp" }],
    });
    allow("ssh", "SSH from the administrators' ranges", {
      sourceRanges: args.administratorCidrs,
      allows: [tcp(22)],
    });
    allow("api", "The Kubernetes API from its clients' ranges", {
      sourceRanges: args.apiClientCidrs,
      allows: [tcp(ports.api)],
    });
    allow("health-check", "Google's health checks of the front door's target pool", {
      sourceRanges: HEALTH_CHECK_CIDRS,
      allows: [tcp(ports.health)],
    });

    this.registerOutputs({ network: this.network.name, subnetwork: this.subnetwork.name });
  }
}
