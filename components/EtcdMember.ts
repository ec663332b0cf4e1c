import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { etcdLeaves } from "../node/certificates";
import { stepNames } from "../node/layout";
import { BackupOptions } from "../node/programs/backup";
import { Member } from "../node/programs/etcd";
import { shownFiles } from "../node/render/step";
import { etcdSecrets, etcdStep } from "../node/steps/etcd";
import { ReleaseOptions } from "../node/steps/releases";
import { mapValues } from "../node/values";
import { Machine } from "./MachineGroup";
import { Authorities } from "./pki/authorities";
import { certificate, ClusterHost } from "./pki/certificate";
import { Lifetimes } from "./pki/lifetimes";
import { remoteStep } from "./remoteStep";
import { componentType } from "./type";

export interface EtcdMemberArgs {
  machine: Machine;
  /** All members of the cluster, this one included. */
  members: Member[];
  clusterName: string;
  authorities: Authorities;
  lifetimes: Lifetimes;
  /** The names in a controller's certificates, besides the machine's. */
  host: ClusterHost;
  release: ReleaseOptions;
  /** `recipient` is the certificate for which the machine encrypts its backups, PEM. */
  backup: { recipient: pulumi.Input<string> } & Omit<BackupOptions, "minute" | "recipient">;
}

/**
 * One etcd member with its certificates. Done when the member answers. In a new cluster it does so only once a majority of
 * members runs, so these must be made at the same time. A machine that is made later joins the cluster that runs.
 */
export class EtcdMember extends pulumi.ComponentResource {
  readonly step: command.remote.Command;

  constructor(name: string, args: EtcdMemberArgs, opts?: pulumi.ComponentResourceOptions) {
    const { machine, authorities, lifetimes } = args;
    const member = { name: machine.name, address: machine.internalIp };

    const { recipient, ...backup } = args.backup;
    const step = pulumi.all([authorities.etcd.certificate, recipient]).apply(([ca, certificate]) =>
      etcdStep({
        member,
        members: args.members,
        hardware: machine.hardware,
        clusterToken: args.clusterName,
        release: args.release,
        ca,
        backup: { ...backup, recipient: certificate },
      }),
    );
    super(
      componentType("EtcdMember"),
      name,
      { machine: machine.name, version: args.release.version, files: step.apply(shownFiles) },
      opts,
    );

    const host = { ...args.host, machineName: machine.name, internalIp: machine.internalIp };
    const secrets = pulumi
      .output(
        mapValues(etcdLeaves, (leaf) =>
          certificate(`${name}-${leaf.role}`, { leaf, authorities, lifetimes, host }, { parent: this }),
        ),
      )
      .apply(etcdSecrets);
    this.step = remoteStep(`${name}-step`, machine, stepNames.etcd, step, secrets, { parent: this });

    this.registerOutputs({ member });
  }
}
