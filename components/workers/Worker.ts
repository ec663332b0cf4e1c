import * as command from "@pulumi/command";
import * as gcp from "@pulumi/gcp";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { shownFiles } from "../../node/render/step";
import { stepNames } from "../../node/layout";
import type { KeyPair } from "../../node/render/keyPair";
import { workerSecrets, workerStep } from "../../node/steps/worker";
import type { WorkerStepOptions } from "../../node/steps/workerOptions";
import type { Machine } from "../MachineGroup";
import { remoteStep } from "../remoteStep";
import { componentType } from "../type";
import { openAfterChange } from "./draining";
import { joinToken, whenJoined } from "./joining";

export interface WorkerArgs {
  machine: Machine;
  clusterName: string;
  /** In which the machine's address is. */
  subnetwork: gcp.compute.Subnetwork;
  /** The range of this worker's Pods. */
  podCidr: string;
  labels: Record<string, string>;
  taints: kubernetes.types.input.core.v1.Taint[];
  /** kube-proxy's client certificate. */
  kubeProxy: pulumi.Output<KeyPair>;
  /** Has an administrator's rights. */
  provider: kubernetes.Provider;
  /** An administrator's kubeconfig. Secret. */
  administrator: pulumi.Output<string>;
  /** What all workers have in common on their machines. */
  common: Omit<WorkerStepOptions, "machine" | "hardware" | "podCidr">;
  /** How the machine joined at an earlier update: its instance's id, and when it was asked to. */
  joined: string | undefined;
  /** What must exist before a machine can join. */
  joinsAfter: pulumi.Resource[];
  /** How long Pods may take to leave. */
  drainSeconds: number;
}

/** containerd, kubelet and kube-proxy of one worker, its Node, and the route to its Pods. Done when the Node is Ready. */
export class Worker extends pulumi.ComponentResource {
  /** Like the argument `joined`, known once the Node is Ready. */
  readonly joined: pulumi.Output<string>;
  readonly ready: command.local.Command;
  /** After it, another worker may change. */
  readonly done: pulumi.Resource;

  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { machine, podCidr, labels, taints, provider, administrator, common } = args;
    const step = workerStep({
      ...common,
      machine: { name: machine.name, address: machine.internalIp },
      hardware: machine.hardware,
      podCidr,
    });
    super(componentType("Worker"), name, { machine: machine.name, podCidr, files: shownFiles(step) }, opts);
    const options = { parent: this };

    new gcp.compute.Route(
      `${name}-route`,
      {
        name: `${args.clusterName}-${machine.name}-pods`,
        description: `Pods of ${machine.name}`,
        network: args.clusterName,
        destRange: podCidr,
        // The address stays when the machine is made again.
        nextHopIp: machine.internalIp,
      },
      // Not after the machine: the engine would make it again with each machine.
      { ...options, dependsOn: [args.subnetwork] },
    );

    // Made here and not by the kubelet, which may not choose its Pods' range, labels that protect, or taints. It goes with the worker.
    const node = new kubernetes.core.v1.Node(
      `${name}-node`,
      {
        metadata: { name: machine.name, labels: { [GROUP_LABEL]: machine.name.replace(/-\d+$/, ""), ...labels } },
        spec: { podCIDR: podCidr, podCIDRs: [podCidr], ...(taints.length > 0 && { taints }) },
      },
      { ...options, provider },
    );

    const occasion = machine.instanceId.apply((id) =>
      args.joined?.startsWith(`${id} `) ? args.joined : `${id} ${Date.now()}`,
    );
    const joining = { administrator, node: machine.name, occasion };
    const token = joinToken(`${name}-token`, joining, { ...options, dependsOn: args.joinsAfter });
    const secrets = pulumi
      .all([token, args.kubeProxy])
      .apply(([bootstrapToken, kubeProxy]) => workerSecrets(common, { bootstrapToken, kubeProxy }));
    const installed = remoteStep(`${name}-step`, machine, stepNames.worker, step, secrets, {
      ...options,
      dependsOn: [node],
    });
    this.ready = whenJoined(
      `${name}-ready`,
      { ...joining, token, drainSeconds: args.drainSeconds },
      { ...options, dependsOn: [installed] },
    );
    this.done = openAfterChange(
      `${name}-open`,
      { ...joining, hardware: machine.hardware },
      { ...options, dependsOn: [this.ready] },
    );
    this.joined = pulumi.all([occasion, this.ready.id]).apply(([text]) => text);

    this.registerOutputs({});
  }
}

/** Says which group of workers a Node is of. */
const GROUP_LABEL = "hardway/group";
