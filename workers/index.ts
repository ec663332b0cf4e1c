import { X509Certificate } from "crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readDrift } from "../components/drift";
import { recordEarly } from "../components/earlyOutputs";
import { expectSshAgent } from "../components/expectSshAgent";
import { knownMachines } from "../components/knownMachines";
import { MachineGroup } from "../components/MachineGroup";
import { Turns } from "../components/Turns";
import { Dns } from "../components/workers/Dns";
import { Metrics } from "../components/workers/Metrics";
import { machinesMap } from "../components/workers/machinesMap";
import { signedByCluster } from "../components/workers/signedByCluster";
import { drainBeforeChange } from "../components/workers/draining";
import { Worker } from "../components/workers/Worker";
import { WorkerNetwork } from "../components/workers/WorkerNetwork";
import { WorkerRbac } from "../components/workers/WorkerRbac";
import { KUBE_PROXY_USER } from "../node/identities";
import { workerPrefetch } from "../node/steps/releases";
import { outputsOf, plainOutputsOf, readOutputs } from "../outputs";
import type { NodeOutput, WorkersOutputs } from "./outputs";
import { checkAgainstControlPlane, readSettings } from "./settings";
import { addressOf, assignSlots, podCidrOf, slotCount } from "./slots";

type ProgramOutputs = { [K in keyof WorkersOutputs]: pulumi.Output<WorkersOutputs[K]> };

export = async (): Promise<ProgramOutputs> => {
  const settings = readSettings();
  const stack = pulumi.getStack();
  const [running, cluster, { kubeconfig, caCertificate }] = await Promise.all([
    readOutputs(`${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`) as Promise<Partial<WorkersOutputs>>,
    plainOutputsOf(settings.controlPlane, "workers:controlPlane"),
    outputsOf(settings.controlPlane, "workers:controlPlane"),
  ]);
  checkAgainstControlPlane(settings, cluster, stack);
  await expectSshAgent();
  const { region, sshUser, subnetCidr } = settings;
  const { network: clusterName, podCidr, clusterDnsIp, clusterDomain, nodePortRange, kubernetesVersion } = cluster;

  // The network
  const ranges = { subnetCidr, podCidr };
  const network = new WorkerNetwork("network", {
    clusterName,
    region,
    ...ranges,
    administratorCidrs: settings.administratorCidrs,
    nodePortCidrs: settings.nodePortCidrs,
    nodePortRange,
  });

  // The machines
  const releases = {
    kubernetes: { mirror: settings.kubernetesMirror, version: kubernetesVersion },
    containerd: { mirror: settings.containerdMirror, version: settings.containerdVersion },
    runc: { mirror: settings.runcMirror, version: settings.runcVersion },
    cni: { mirror: settings.cniMirror, version: settings.cniVersion },
    criTools: { mirror: settings.criToolsMirror, version: settings.criToolsVersion },
  };
  const before = running.nodes ?? [];
  const namesOf = (group: string, count: number) => Array.from({ length: count }, (_, i) => `${group}-${i}`);
  const slots = assignSlots(
    Object.entries(settings.groups).flatMap(([group, { count }]) => namesOf(group, count)),
    new Map(before.map(({ name, slot }) => [name, slot])),
    slotCount(ranges),
  );
  const hostKeys = Object.assign({}, ...Object.values(running.ssh ?? {}).map((ssh) => ssh.hostKeys)) as Record<
    string,
    string
  >;
  const known = knownMachines({ controllers: before, ssh: { hostKeys } }, await readDrift(before));
  const turns = new Turns(before.filter(({ name }) => slots.has(name)));
  const { drainSeconds } = settings;
  const drained = (node: string, hardware: string) =>
    drainBeforeChange(
      `${node}-drain`,
      { administrator: kubeconfig, node, hardware, drainSeconds },
      { dependsOn: turns.before(node, hardware) },
    );
  const groups = Object.entries(settings.groups).map(([group, { count, labels, taints, ...hardware }]) => ({
    group,
    labels,
    taints,
    machines: new MachineGroup(group, {
      clusterName,
      role: group,
      region,
      subnetwork: network.subnetwork,
      tag: network.workerTag,
      addresses: namesOf(group, count).map((name) => addressOf(slots.get(name)!, ranges)),
      ...hardware,
      secureBoot: settings.secureBoot,
      ipForwarding: true,
      networkTier: settings.networkTier,
      sshUser,
      deletionProtection: false,
      startupScript: workerPrefetch(releases),
      joins: true,
      changesAfter: (name, text) => Promise.resolve([drained(name, text)]),
      known,
    }),
  }));
  const machines = groups.flatMap(({ group, labels, taints, machines: { machines: all } }) =>
    all.map((machine) => ({ group, labels, taints, machine, slot: slots.get(machine.name)! })),
  );
  const api = network.allowApi(
    machines.map(({ machine }) => machine.externalIp),
    ranges,
  );

  // What they may do in the cluster, and the workers
  const provider = new kubernetes.Provider("control-plane", {
    kubeconfig,
    // Identifies the cluster by its authority. A new cluster, which has a new authority, replaces every object.
    clusterIdentifier: caCertificate.apply((pem) => new X509Certificate(pem).fingerprint256),
    enableServerSideApply: true,
    skipUpdateUnreachable: true,
    // An object that a stopped update has made without recording it is taken over.
    upsertExistingObjects: true,
  });
  const rbac = new WorkerRbac("rbac", { provider });
  const map = machinesMap(
    "machines",
    machines.map(({ machine }) => machine),
    { provider },
  );
  const kubeProxy = signedByCluster("kube-proxy", {
    administrator: kubeconfig,
    ca: cluster.caCertificate,
    user: KUBE_PROXY_USER,
    certificateDays: settings.certificateDays,
    renewBeforeDays: settings.renewBeforeDays,
  });
  const workers = machines.map(
    ({ machine, labels, taints, slot }) =>
      new Worker(machine.name, {
        machine,
        clusterName,
        subnetwork: network.subnetwork,
        podCidr: podCidrOf(slot, ranges),
        labels,
        taints,
        provider,
        administrator: kubeconfig,
        kubeProxy,
        common: {
          clusterName,
          api: { endpoint: cluster.endpoint, ca: cluster.caCertificate },
          clusterCidr: podCidr,
          subnetCidr,
          clusterDnsIp,
          clusterDomain,
          releases,
          imageMirror: settings.imageMirror,
          pauseImage: settings.pauseImage,
          maxPods: settings.maxPods,
        },
        joined: before.find(({ name }) => name === machine.name)?.joined,
        drainSeconds,
        joinsAfter: [rbac, api, map],
      }),
  );

  workers.forEach(({ done }, i) => turns.ends(machines[i]!.machine.name, done));

  // What a cluster with workers has besides them
  if (workers.length > 0) {
    const on = { provider, workers: workers.map(({ ready }) => ready) };
    const { dnsImage, metricsImage, certificateDays, renewBeforeDays } = settings;
    if (dnsImage !== "") new Dns("dns", { ...on, image: dnsImage, address: clusterDnsIp, clusterDomain });
    if (metricsImage !== "") new Metrics("metrics", { ...on, image: metricsImage, certificateDays, renewBeforeDays });
  }

  const nodes = (joined: (i: number) => pulumi.Input<string | undefined>) =>
    pulumi.all(
      machines.map(
        ({ group, slot, machine: { name, hardware, instance, instanceId, zone, internalIp, externalIp } }, i) => ({
          name,
          group,
          hardware,
          instance: instance.name,
          instanceId,
          zone,
          internalIp,
          externalIp,
          podCidr: podCidrOf(slot, ranges),
          slot,
          joined: joined(i),
        }),
      ),
    ) as pulumi.Output<NodeOutput[]>;
  const outputs = {
    ssh: pulumi.secret(
      pulumi.output(
        Object.fromEntries(
          groups.map(({ group, machines: { sshPrivateKey, machines: all } }) => [
            group,
            {
              user: sshUser,
              privateKey: sshPrivateKey,
              hostKeys: Object.fromEntries(all.map(({ name, connection }) => [name, connection.hostKey])),
            },
          ]),
        ),
      ),
    ),
    kubernetesVersion: pulumi.output(kubernetesVersion),
  };
  recordEarly({
    ...outputs,
    nodes: nodes((i) => before.find(({ name }) => name === machines[i]!.machine.name)?.joined),
  });
  return { ...outputs, nodes: nodes((i) => workers[i]!.joined) };
};
