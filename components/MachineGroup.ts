import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { Drift } from "./drift";
import { Hardware, hardwareText, keepsBootDisk } from "./hardware";
import { hostKey } from "./hostKey";
import type { Known } from "./knownMachines";
import { rejoin } from "./targetPool";
import { componentType } from "./type";

export interface MachineGroupArgs extends Hardware {
  /** The names of all resources in the cloud begin with it. */
  clusterName: string;
  /** What the machines are for, in one word. `controller` names them controller-0, controller-1, … */
  role: string;
  region: string;
  subnetwork: gcp.compute.Subnetwork;
  /** Network tag by which firewall rules select the machines. */
  tag: string;
  /** Fixed internal addresses. There is one machine for each. */
  addresses: string[];
  /** Machine N is in `zones[N % zones.length]`. */
  zones: string[];
  ipForwarding: boolean;
  /** Network tier of new external addresses, PREMIUM or STANDARD. Empty for the project's default. */
  networkTier: string;
  sshUser: string;
  /** Neither the engine nor the cloud deletes a machine. */
  deletionProtection: boolean;
  /** Runs at every boot. Must contain no secrets. A change does not affect existing machines. */
  startupScript: string;
  /** The machines join a cluster that serves already. Does not affect existing machines. */
  joins: pulumi.Input<boolean>;
  /** What a machine waits for before it is made or changed. */
  changesAfter: (name: string, hardware: string) => Promise<pulumi.Resource[]>;
  /** The machines of the last update, by their names within the cluster. */
  known: Map<string, Known>;
  /** A target pool to which each new machine goes back, because it may replace one that Google dropped; undefined for none. */
  rejoins?: string;
}

/** How `@pulumi/command` connects to a machine. Contains a private key. */
export interface Connection {
  host: pulumi.Output<string>;
  user: string;
  privateKey: pulumi.Output<string>;
  hostKey: pulumi.Output<string>;
  dialErrorLimit: number;
  /** Seconds. */
  perDialTimeout: number;
}

export interface Machine {
  /** The name within the cluster, ROLE-N. */
  name: string;
  /** Machine type, image and disk, for people. Steps run again when it changes, and wait until the machine is back. */
  hardware: string;
  zone: string;
  /** Known once the machine is back in its target pool. */
  instanceId: pulumi.Output<string>;
  internalIp: string;
  externalIp: pulumi.Output<string>;
  instance: gcp.compute.Instance;
  drift: Drift;
  connection: Connection;
}

/**
 * How a command tries to connect before it fails. With the pauses between attempts, which grow to 5 s, it tries for about
 * three minutes, because sshd may run before the guest agent has made the user. A firewall that drops packets silently costs
 * `perDialTimeout` more for each attempt: seven minutes together, where the plugin's default of 15 s makes it thirteen.
 */
const DIALS = { dialErrorLimit: 40, perDialTimeout: 6 };

/** The machines of one role: instances with fixed internal and external addresses, and one SSH key pair for all of them. */
export class MachineGroup extends pulumi.ComponentResource {
  readonly machines: Machine[];
  readonly sshPrivateKey: pulumi.Output<string>;

  constructor(name: string, args: MachineGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    // Not recorded: `role`, `tag` and others that every machine shows, and what differs from run to run.
    const { subnetwork, startupScript, role, tag, joins, changesAfter, known, rejoins, ...shown } = args;
    const { secureBoot, ipForwarding, networkTier, deletionProtection, ...recorded } = shown;
    // Stacks that were made before groups had roles have the type under its old name.
    const aliases = [{ type: componentType("Controllers") }];
    super(componentType("MachineGroup"), name, recorded, pulumi.mergeOptions(opts, { aliases }));

    const sshKey = new tls.PrivateKey(`${name}-ssh`, { algorithm: "ED25519" }, { parent: this });
    this.sshPrivateKey = sshKey.privateKeyOpenssh;
    const authorizedKey = pulumi.interpolate`${args.sshUser}:${sshKey.publicKeyOpenssh.apply((k) => k.trim())} ${args.sshUser}`;

    this.machines = args.addresses.map((internalIp, i) => {
      const machine = `${role}-${i}`;
      const zone = args.zones[i % args.zones.length]!;
      const hardware = hardwareText(args);
      const before = known.get(machine);
      // Static, because an ephemeral address changes when the machine stops, for example for a new machine type.
      const address = new gcp.compute.Address(
        `${name}-${i}-address`,
        { name: `${args.clusterName}-${machine}`, region: args.region, ...(networkTier && { networkTier }) },
        // The tier of an address cannot change.
        { parent: this, ignoreChanges: ["networkTier"] },
      );
      const instance = new gcp.compute.Instance(
        `${name}-${i}`,
        {
          name: `${args.clusterName}-${machine}`,
          description: `hardway ${role}`,
          zone,
          machineType: args.machineType,
          tags: [tag],
          canIpForward: ipForwarding,
          // Left out rather than false, so that stacks from before this setting show no change.
          deletionProtection: deletionProtection || undefined,
          allowStoppingForUpdate: true,
          // A refresh then shows a stopped machine as a difference, and the update after it starts the machine.
          desiredStatus: "RUNNING",
          bootDisk: { initializeParams: { image: args.image, size: args.diskSizeGb, type: args.diskType } },
          networkInterfaces: [
            {
              subnetwork: subnetwork.id,
              networkIp: internalIp,
              accessConfigs: [{ natIp: address.address, networkTier: address.networkTier }],
            },
          ],
          metadata: {
            "ssh-keys": authorizedKey,
            // Only this stack's key may log in: no key of the project, and none of OS Login.
            "block-project-ssh-keys": "TRUE",
            "enable-oslogin": "FALSE",
            "enable-guest-attributes": "TRUE",
            "startup-script": startupScript,
            "hardway-joins": pulumi.output(joins).apply((yes) => (yes ? "TRUE" : "FALSE")),
          },
          shieldedInstanceConfig: { enableSecureBoot: secureBoot, enableVtpm: true, enableIntegrityMonitoring: true },
        },
        {
          parent: this,
          protect: deletionProtection,
          dependsOn: changesAfter(machine, hardware),
          ignoreChanges: [
            'metadata["startup-script"]',
            'metadata["hardway-joins"]',
            // Google's provider takes an image whose name does not contain its family's for a change of the image.
            ...(keepsBootDisk(before?.hardware, args) ? ["bootDisk.initializeParams.image"] : []),
          ],
        },
      );
      // Its steps wait for the load balancer, and connect with the key that is read after this.
      const instanceId = pulumi
        .all([instance.instanceId, instance.name, instance.project])
        .apply(async ([id, ...of]) => {
          const pool = rejoins !== undefined && { name: rejoins, region: args.region };
          if (pool && id !== before?.identity?.instanceId && !pulumi.runtime.isDryRun())
            await rejoin(pool, { name: of[0], zone, project: of[1] }, instance);
          return id;
        });
      const connection = {
        host: address.address,
        user: args.sshUser,
        privateKey: this.sshPrivateKey,
        hostKey: hostKey(instance, instanceId, address.address, before?.identity),
        ...DIALS,
      };
      return {
        name: machine,
        hardware,
        zone,
        instanceId,
        internalIp,
        externalIp: address.address,
        instance,
        drift: before?.drift ?? {},
        connection,
      };
    });

    // The output keeps the name that it has in existing stacks.
    this.registerOutputs({ controllers: this.machines.map((m) => m.name) });
  }
}
