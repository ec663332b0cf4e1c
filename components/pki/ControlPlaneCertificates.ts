import * as pulumi from "@pulumi/pulumi";
import { controlPlaneLeaves } from "../../node/certificates";
import { KeyPair } from "../../node/render/keyPair";
import { mapValues } from "../../node/values";
import { componentType } from "../type";
import { Authorities } from "./authorities";
import { certificate, Host } from "./certificate";
import { Lifetimes } from "./lifetimes";

export interface ControlPlaneCertificatesArgs extends Host {
  authorities: Authorities;
  lifetimes: Lifetimes;
}

/** The leaves of the programs on one controller, except etcd's, by their names in the table `controlPlaneLeaves`. */
export class ControlPlaneCertificates extends pulumi.ComponentResource {
  readonly leaves: Record<keyof typeof controlPlaneLeaves, pulumi.Output<KeyPair>>;

  constructor(name: string, args: ControlPlaneCertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    const { authorities, lifetimes, ...host } = args;
    super(componentType("ControlPlaneCertificates"), name, host, opts);

    this.leaves = mapValues(controlPlaneLeaves, (leaf) =>
      certificate(`${name}-${leaf.role}`, { leaf, authorities, lifetimes, host }, { parent: this }),
    );

    this.registerOutputs({});
  }
}
