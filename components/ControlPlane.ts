import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { stepNames } from "../node/layout";
import { ApiserverOptions } from "../node/programs/apiserver";
import { etcdServer } from "../node/programs/etcd";
import { shownFiles } from "../node/render/step";
import { controlPlaneSecrets, controlPlaneStep } from "../node/steps/controlPlane";
import { ReleaseOptions } from "../node/steps/releases";
import { EtcdMember } from "./EtcdMember";
import { Machine } from "./MachineGroup";
import { Authorities } from "./pki/authorities";
import { ClusterHost } from "./pki/certificate";
import { ControlPlaneCertificates } from "./pki/ControlPlaneCertificates";
import { Lifetimes } from "./pki/lifetimes";
import { remoteStep } from "./remoteStep";
import { componentType } from "./type";

export interface ControlPlaneArgs {
  machine: Machine;
  clusterName: string;
  authorities: Authorities;
  lifetimes: Lifetimes;
  /** The etcd member on the same machine. The control plane starts when it serves, which takes a majority of members. */
  etcd: EtcdMember;
  /** What the API server's certificate names besides the machine. */
  host: ClusterHost;
  publicIp: pulumi.Output<string>;
  podCidr: string;
  serviceCidr: string;
  /** PEM. All controllers share one key pair, so that each accepts the tokens of the others. */
  serviceAccountKey: pulumi.Output<string>;
  serviceAccountPublicKey: pulumi.Output<string>;
  /** 32 bytes, base64. */
  encryptionKey: pulumi.Output<string>;
  release: ReleaseOptions;
  /** The flags that have their values from settings. */
  apiserver: Omit<ApiserverOptions, "version" | "address" | "publicIp" | "etcdServer" | "serviceCidr">;
}

/**
 * kube-apiserver, kube-controller-manager, kube-scheduler, the approver of kubelets' certificates and the health proxy of one controller.
 * Done when all five are healthy.
 */
export class ControlPlane extends pulumi.ComponentResource {
  readonly step: command.remote.Command;

  constructor(name: string, args: ControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    const { machine, authorities, lifetimes, clusterName, serviceCidr, release } = args;
    const local = { name: machine.name, address: machine.internalIp };

    const step = pulumi
      .all([
        args.publicIp,
        authorities.kubernetes.certificate,
        authorities.etcd.certificate,
        authorities.frontProxy.certificate,
        args.serviceAccountPublicKey,
      ])
      .apply(([publicIp, ca, etcdCa, frontProxyCa, serviceAccountPublicKey]) =>
        controlPlaneStep({
          machine: machine.name,
          hardware: machine.hardware,
          apiserver: {
            ...args.apiserver,
            address: machine.internalIp,
            publicIp,
            etcdServer: etcdServer(local),
            serviceCidr,
          },
          controllerManager: {
            clusterName,
            podCidr: args.podCidr,
            serviceCidr,
            signedCertificateDays: lifetimes.certificateDays,
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

    const { leaves } = new ControlPlaneCertificates(
      `${name}-pki`,
      { ...args.host, authorities, lifetimes, machineName: machine.name, internalIp: machine.internalIp },
      { parent: this },
    );
    const secrets = pulumi
      .output({
        leaves,
        ca: authorities.kubernetes.keyPair,
        serviceAccountKey: args.serviceAccountKey,
        encryptionKey: args.encryptionKey,
      })
      .apply(controlPlaneSecrets);

    this.step = remoteStep(`${name}-step`, machine, stepNames.controlPlane, step, secrets, {
      parent: this,
      dependsOn: [args.etcd.step],
    });

    this.registerOutputs({});
  }
}
