import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { healthCheck } from "../node/draining";
import { HEALTH_HOST, HEALTH_PATH, ports } from "../node/layout";
import { Machine } from "./MachineGroup";
import { componentType } from "./type";

export interface FrontDoorArgs {
  /** The names of all resources in the cloud begin with it. */
  clusterName: string;
  region: string;
  /** Network tier of a new address, PREMIUM or STANDARD. Empty for the project's default. */
  networkTier: string;
  /** An external address that exists already. Empty for a new one. */
  address: string;
  controllers: Machine[];
  /** What the target pool waits for before it changes. A controller that leaves drains first, because a pool that loses a machine cuts it off. */
  poolAfter: Promise<pulumi.Resource[]>;
}

/** The API's one public address: a static regional address, and a target pool that passes port 6443 to healthy controllers. */
export class FrontDoor extends pulumi.ComponentResource {
  readonly publicIp: pulumi.Output<string>;
  /** https://PUBLIC_IP:6443 */
  readonly endpoint: pulumi.Output<string>;

  /** The name of the cluster's target pool. */
  static poolName(clusterName: string): string {
    return clusterName;
  }

  constructor(name: string, args: FrontDoorArgs, opts?: pulumi.ComponentResourceOptions) {
    const { clusterName, region, networkTier } = args;
    super(componentType("FrontDoor"), name, { clusterName, region }, opts);

    const address = args.address
      ? { address: pulumi.output(args.address), networkTier: networkTier || undefined }
      : new gcp.compute.Address(
          `${name}-address`,
          { name: clusterName, region, ...(networkTier && { networkTier }) },
          // The tier of an address cannot change.
          { parent: this, ignoreChanges: ["networkTier"] },
        );
    const check = new gcp.compute.HttpHealthCheck(
      `${name}-health-check`,
      {
        name: clusterName,
        description: "Kubernetes API server, through each controller's health proxy",
        host: HEALTH_HOST,
        requestPath: HEALTH_PATH,
        port: ports.health,
        checkIntervalSec: healthCheck.intervalSeconds,
        timeoutSec: healthCheck.timeoutSeconds,
        healthyThreshold: healthCheck.healthy,
        unhealthyThreshold: healthCheck.unhealthy,
      },
      { parent: this },
    );
    const pool = new gcp.compute.TargetPool(
      `${name}-target-pool`,
      {
        name: FrontDoor.poolName(clusterName),
        region,
        instances: args.controllers.map((c) => pulumi.interpolate`${c.instance.zone}/${c.instance.name}`),
        healthChecks: check.name,
      },
      { parent: this, dependsOn: args.poolAfter },
    );
    new gcp.compute.ForwardingRule(
      `${name}-forwarding-rule`,
      {
        name: clusterName,
        region,
        ipAddress: address.address,
        networkTier: address.networkTier,
        ipProtocol: "TCP",
        portRange: String(ports.api),
        target: pool.selfLink,
      },
      { parent: this },
    );

    this.publicIp = address.address;
    this.endpoint = pulumi.interpolate`https://${address.address}:${ports.api}`;
    this.registerOutputs({ publicIp: this.publicIp, endpoint: this.endpoint });
  }
}
