import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { hostKey } from "./hostKey";
import { Network } from "./Network";
import { componentType } from "./type";

export interface ControllersArgs {
  /** First part of every resource's name in the cloud. */
  clusterName: string;
  region: string;
  network: Network;
  /** Fixed internal addresses; as many controllers as there are. */
  addresses: string[];
  /** Spread over in turn. */
  zones: string[];
  machineType: string;
  image: string;
  diskSizeGb: number;
  diskType: string;
  sshUser: string;
  /** Run by each machine at its boots; holds no secrets. A change does nothing to machines that are there. */
  startupScript: string;
}

/** How `@pulumi/command` reaches a machine. Holds a private key. */
export interface Connection {
  host: pulumi.Output<string>;
  user: string;
  privateKey: pulumi.Output<string>;
  hostKey: pulumi.Output<string>;
  dialErrorLimit: number;
}

/** One machine of the control plane. */
export interface Controller {
  /** controller-0, controller-1, …: its name within the cluster, the etcd member's name too. */
  name: string;
  zone: string;
  internalIp: string;
  externalIp: pulumi.Output<string>;
  instance: gcp.compute.Instance;
  connection: Connection;
}

/**
 * Failed dials before a connection is given up. With the growing pauses between them that is several minutes: sshd may
 * answer before the guest agent has made the user.
 */
const DIAL_ERROR_LIMIT = 40;

/** The machines: one instance a controller, with fixed addresses inside and outside, and the key pair for reaching them. */
export class Controllers extends pulumi.ComponentResource {
  readonly all: Controller[];
  readonly sshPrivateKey: pulumi.Output<string>;

  constructor(name: string, args: ControllersArgs, opts?: pulumi.ComponentResourceOptions) {
    const { network, startupScript, ...recorded } = args;
    super(componentType("Controllers"), name, recorded, opts);

    const sshKey = new tls.PrivateKey(`${name}-ssh`, { algorithm: "ED25519" }, { parent: this });
    this.sshPrivateKey = sshKey.privateKeyOpenssh;
    const authorizedKey = pulumi.interpolate`${args.sshUser}:${sshKey.publicKeyOpenssh.apply((k) => k.trim())} ${args.sshUser}`;

    this.all = args.addresses.map((internalIp, i) => {
      const controller = `controller-${i}`;
      const zone = args.zones[i % args.zones.length]!;
      // One of its own: an ephemeral one would be another after a stop, as for a new machine type.
      const address = new gcp.compute.Address(
        `${name}-${i}-address`,
        { name: `${args.clusterName}-${controller}`, region: args.region },
        { parent: this },
      );
      const instance = new gcp.compute.Instance(
        `${name}-${i}`,
        {
          name: `${args.clusterName}-${controller}`,
          description: "hardway controller",
          zone,
          machineType: args.machineType,
          tags: [network.controllerTag],
          canIpForward: true,
          allowStoppingForUpdate: true,
          bootDisk: { initializeParams: { image: args.image, size: args.diskSizeGb, type: args.diskType } },
          networkInterfaces: [
            { subnetwork: network.subnetwork.id, networkIp: internalIp, accessConfigs: [{ natIp: address.address }] },
          ],
          metadata: {
            "ssh-keys": authorizedKey,
            // Only this stack's key: not the project's, nor those of OS Login.
            "block-project-ssh-keys": "TRUE",
            "enable-oslogin": "FALSE",
            "enable-guest-attributes": "TRUE",
            "startup-script": startupScript,
          },
          shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
        },
        { parent: this, ignoreChanges: ['metadata["startup-script"]'] },
      );
      const connection = {
        host: address.address,
        user: args.sshUser,
        privateKey: this.sshPrivateKey,
        hostKey: hostKey(instance),
        dialErrorLimit: DIAL_ERROR_LIMIT,
      };
      return { name: controller, zone, internalIp, externalIp: address.address, instance, connection };
    });

    this.registerOutputs({ controllers: this.all.map((c) => c.name) });
  }
}
