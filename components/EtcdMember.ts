import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Member } from "../node/programs/etcd";
import { shownFiles } from "../node/render/step";
import { etcdSecrets, etcdStep } from "../node/steps/etcd";
import { ReleaseOptions } from "../node/steps/releases";
import { Controller } from "./Controllers";
import { Authority } from "./pki/Authority";
import { certificate, CertificateArgs } from "./pki/certificate";
import { Lifetimes } from "./pki/lifetimes";
import { remoteStep } from "./remoteStep";
import { componentType } from "./type";

export interface EtcdMemberArgs {
  machine: Controller;
  /** Every member of the cluster, this one among them. */
  members: Member[];
  clusterName: string;
  authority: Authority;
  lifetimes: Lifetimes;
  release: ReleaseOptions;
}

/** One etcd member with its certificates. Done when the member serves, which takes a majority: members start side by side. */
export class EtcdMember extends pulumi.ComponentResource {
  readonly step: command.remote.Command;

  constructor(name: string, args: EtcdMemberArgs, opts?: pulumi.ComponentResourceOptions) {
    const { machine, authority, lifetimes } = args;
    const member = { name: machine.name, address: machine.internalIp };

    const step = authority.certificate.apply((ca) =>
      etcdStep({
        member,
        members: args.members,
        clusterToken: args.clusterName,
        release: args.release,
        ca,
      }),
    );
    super(
      componentType("EtcdMember"),
      name,
      { machine: machine.name, version: args.release.version, files: step.apply(shownFiles) },
      opts,
    );

    const hosts = { dnsNames: [machine.name, "localhost"], ipAddresses: [machine.internalIp, "127.0.0.1"] };
    const leaf = (role: string, rest: Omit<CertificateArgs, "authority" | "lifetimes">) =>
      certificate(`${name}-${role}`, { authority, lifetimes, ...rest }, { parent: this });
    const server = leaf("server", { commonName: machine.name, usages: ["server_auth"], ...hosts });
    const peer = leaf("peer", { commonName: machine.name, usages: ["server_auth", "client_auth"], ...hosts });
    const operator = leaf("operator", { commonName: "etcd-operator", usages: ["client_auth"] });

    const secrets = pulumi
      .all([server, peer, operator])
      .apply(([s, p, o]) => etcdSecrets({ server: s, peer: p, operator: o }));
    this.step = remoteStep(`${name}-step`, machine, step, secrets, { parent: this });

    this.registerOutputs({ member });
  }
}
