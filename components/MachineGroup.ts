import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { hostKey } from "./hostKey";
import { componentType } from "./type";

export interface MachineGroupArgs {
  /** First part of every resource's name in the cloud. */
  clusterName: string;
  /** What the machines are, in one word: `controller` names them controller-0, controller-1, … */
  role: string;
  region: string;
  subnetwork: gcp.compute.Subnetwork;
  /** Network tag that firewall rules find the machines by. */
  tag: string;
  /** Fixed internal addresses, one for each machine. */
  addresses: string[];
  /** The machines are spread over these in turn. */
  zones: string[];
  machineType: string;
  image: string;
  diskSizeGb: number;
  diskType: string;
  sshUser: string;
  /** Runs at every boot and holds no secrets. A change does not touch machines that exist. */
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

export interface Machine {
  /** ROLE-N: its name within the cluster. */
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

/** Machines of one role: an instance each, with fixed addresses inside and outside, and one key pair to reach them by SSH. */
export class MachineGroup extends pulumi.ComponentResource {
  readonly machines: Machine[];
  readonly sshPrivateKey: pulumi.Output<string>;

  constructor(name: string, args: MachineGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    // `role` and `tag` show in every machine's name and tags.
    const { subnetwork, startupScript, role, tag, ...recorded } = args;
    // Stacks made before groups had roles know the type by its old name.
    const aliases = [{ type: componentType("Controllers") }];
    super(componentType("MachineGroup"), name, recorded, pulumi.mergeOptions(opts, { aliases }));

    const sshKey = new tls.PrivateKey(`${name}-ssh`, { algorithm: "ED25519" }, { parent: this });
    this.sshPrivateKey = sshKey.privateKeyOpenssh;
    const authorizedKey = pulumi.interpolate`${args.sshUser}:${sshKey.publicKeyOpenssh.apply((k) => k.trim())} ${args.sshUser}`;

    this.machines = args.addresses.map((internalIp, i) => {
      const machine = `${role}-${i}`;
      const zone = args.zones[i % args.zones.length]!;
      // Static, because an ephemeral address changes when the machine stops, for a new machine type for example.
      const address = new gcp.compute.Address(
        `${name}-${i}-address`,
        { name: `${args.clusterName}-${machine}`, region: args.region },
        { parent: this },
      );
      const instance = new gcp.compute.Instance(
        `${name}-${i}`,
        {
          name: `${args.clusterName}-${machine}`,
          description: `hardway ${role}`,
          zone,
          machineType: args.machineType,
          tags: [tag],
          canIpForward: true,
          allowStoppingForUpdate: true,
          bootDisk: { initializeParams: { image: args.image, size: args.diskSizeGb, type: args.diskType } },
          networkInterfaces: [
            { subnetwork: subnetwork.id, networkIp: internalIp, accessConfigs: [{ natIp: address.address }] },
          ],
          metadata: {
            "ssh-keys": authorizedKey,
            // This stack's key alone: neither the project's keys nor those of OS Login.
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
      return { name: machine, zone, internalIp, externalIp: address.address, instance, connection };
    });

    // The output's name is the one that stacks made before have.
    this.registerOutputs({ controllers: this.machines.map((m) => m.name) });
  }
}
