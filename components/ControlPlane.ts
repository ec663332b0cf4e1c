import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { ports } from "../node/layout";
import { ApiserverOptions } from "../node/programs/apiserver";
import { etcdServers, Member } from "../node/programs/etcd";
import { shownFiles } from "../node/render/step";
import { controlPlaneSecrets, controlPlaneStep } from "../node/steps/controlPlane";
import { ReleaseOptions } from "../node/steps/releases";
import { Controller } from "./Controllers";
import { EtcdMember } from "./EtcdMember";
import { Authority } from "./pki/Authority";
import { ControlPlaneCertificates } from "./pki/ControlPlaneCertificates";
import { Lifetimes } from "./pki/lifetimes";
import { remoteStep } from "./remoteStep";
import { componentType } from "./type";

export interface ControlPlaneArgs {
  machine: Controller;
  clusterName: string;
  authority: Authority;
  etcdAuthority: Authority;
  frontProxyAuthority: Authority;
  lifetimes: Lifetimes;
  /** The etcd cluster: waited for, and used. */
  etcd: EtcdMember[];
  members: Member[];
  publicIp: pulumi.Output<string>;
  apiServiceIp: string;
  clusterDomain: string;
  podCidr: string;
  serviceCidr: string;
  /** PEM, one pair for all controllers: each accepts the others' tokens. */
  serviceAccountKey: pulumi.Output<string>;
  serviceAccountPublicKey: pulumi.Output<string>;
  /** 32 bytes, base64. */
  encryptionKey: pulumi.Output<string>;
  release: ReleaseOptions;
  /** Flags that come straight from settings. */
  apiserver: Omit<ApiserverOptions, "address" | "publicIp" | "etcdServers" | "serviceCidr">;
}

/** One controller's API server, controller manager, scheduler and health proxy. Done when all four are healthy. */
export class ControlPlane extends pulumi.ComponentResource {
  readonly step: command.remote.Command;

  constructor(name: string, args: ControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    const { machine, authority, etcdAuthority, frontProxyAuthority, clusterName, serviceCidr, release } = args;
    const local = { name: machine.name, address: machine.internalIp };

    const step = pulumi
      .all([
        args.publicIp,
        authority.certificate,
        etcdAuthority.certificate,
        frontProxyAuthority.certificate,
        args.serviceAccountPublicKey,
      ])
      .apply(([publicIp, ca, etcdCa, frontProxyCa, serviceAccountPublicKey]) =>
        controlPlaneStep({
          apiserver: {
            ...args.apiserver,
            address: machine.internalIp,
            publicIp,
            etcdServers: etcdServers(args.members, local),
            serviceCidr,
          },
          controllerManager: {
            clusterName,
            podCidr: args.podCidr,
            serviceCidr,
            signedCertificateDays: args.lifetimes.certificateDays,
          },
          ca,
          etcdCa,
          frontProxyCa,
          serviceAccountPublicKey,
          release,
        }),
      );

    super(
      componentType("ControlPlane"),
      name,
      { machine: machine.name, version: release.version, files: step.apply(shownFiles) },
      opts,
    );

    const certificates = new ControlPlaneCertificates(
      `${name}-pki`,
      {
        authority,
        etcdAuthority,
        frontProxyAuthority,
        lifetimes: args.lifetimes,
        machineName: machine.name,
        internalIp: machine.internalIp,
        publicIp: args.publicIp,
        apiServiceIp: args.apiServiceIp,
        clusterDomain: args.clusterDomain,
      },
      { parent: this },
    );

    const { apiserver, apiserverEtcdClient, kubeletClient, frontProxyClient, healthClient } = certificates;
    const { controllerManager, controllerManagerClient, scheduler, schedulerClient } = certificates;
    const secrets = pulumi
      .output({
        ca: authority.keyPair,
        apiserver,
        apiserverEtcdClient,
        kubeletClient,
        frontProxyClient,
        controllerManager,
        controllerManagerClient,
        scheduler,
        schedulerClient,
        healthClient,
        serviceAccountKey: args.serviceAccountKey,
        encryptionKey: args.encryptionKey,
      })
      .apply((s) => controlPlaneSecrets({ ...s, clusterName, localServer: `https://127.0.0.1:${ports.api}` }));

    this.step = remoteStep(`${name}-step`, machine, step, secrets, {
      parent: this,
      dependsOn: args.etcd.map((member) => member.step),
    });

    this.registerOutputs({});
  }
}
