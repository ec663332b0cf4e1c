import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { anyExists } from "./components/anyExists";
import { ApproverRbac } from "./components/ApproverRbac";
import { ControlPlane } from "./components/ControlPlane";
import { readDrift } from "./components/drift";
import { recordEarly } from "./components/earlyOutputs";
import { EtcdMember } from "./components/EtcdMember";
import { expectSshAgent } from "./components/expectSshAgent";
import { FrontDoor } from "./components/FrontDoor";
import { KubeletRbac } from "./components/KubeletRbac";
import { knownMachines } from "./components/knownMachines";
import { Leaving } from "./components/Leaving";
import { MachineGroup } from "./components/MachineGroup";
import { Network } from "./components/Network";
import { Turns } from "./components/Turns";
import { BackupKey } from "./components/pki/BackupKey";
import { makeAuthorities } from "./components/pki/authorities";
import { certificate } from "./components/pki/certificate";
import { whenReady } from "./components/readiness";
import { readSettings } from "./config";
import { adminLeaf } from "./node/certificates";
import { ADMIN_USER, KUBELET_CLIENT_USER } from "./node/identities";
import { encryptionKey as deriveEncryptionKey } from "./node/programs/encryption";
import { kubeconfig as renderKubeconfig } from "./node/programs/kubeconfig";
import { ports } from "./node/layout";
import { controllerPrefetch } from "./node/steps/releases";
import { CONTRACT_VERSION, ProgramOutputs } from "./outputs";

export = async (): Promise<ProgramOutputs> => {
  const { settings, running } = await readSettings();
  await expectSshAgent();
  const { name: clusterName, region, zones, clusterDomain, apiServiceIp, podCidr, serviceCidr } = settings;
  const { authorityDays, certificateDays, renewBeforeDays, apiServerNames } = settings;
  const lifetimes = { authorityDays, certificateDays, renewBeforeDays };
  const etcdRelease = { mirror: settings.etcdMirror, version: settings.etcdVersion };
  const kubernetesRelease = { mirror: settings.kubernetesMirror, version: settings.kubernetesVersion };

  // The network, the machines, and the API's address
  const network = new Network("network", {
    clusterName,
    region,
    subnetCidr: settings.subnetCidr,
    administratorCidrs: settings.administratorCidrs,
    apiClientCidrs: settings.apiClientCidrs,
  });
  const isRunning = running.kubernetesVersion !== undefined;
  const before = running.controllers ?? [];
  const [someExist, drifts] = await Promise.all([anyExists(before), readDrift(before)]);
  const isLost = isRunning && !someExist;
  const generation = (running.generation ?? 1) + (isLost ? 1 : 0);
  const turns = new Turns(isRunning ? before.slice(0, settings.controllers) : []);
  const controllers = new MachineGroup("controllers", {
    clusterName,
    role: "controller",
    region,
    subnetwork: network.subnetwork,
    tag: network.controllerTag,
    addresses: settings.controllerAddresses,
    zones,
    machineType: settings.machineType,
    image: settings.image,
    diskSizeGb: settings.diskSizeGb,
    diskType: settings.diskType,
    secureBoot: settings.secureBoot,
    ipForwarding: settings.ipForwarding,
    networkTier: settings.networkTier,
    sshUser: settings.sshUser,
    deletionProtection: settings.deletionProtection,
    startupScript: controllerPrefetch(etcdRelease, kubernetesRelease),
    joins: isRunning && !isLost,
    changesAfter: (name, hardware) => turns.before(name, hardware),
    known: knownMachines(running, drifts),
    // The pool of a new stack gets all machines when it is made.
    rejoins: running.controllers && FrontDoor.poolName(clusterName),
  });
  const leaving = new Leaving(before, settings.controllers);
  const frontDoor = new FrontDoor("front-door", {
    clusterName,
    region,
    networkTier: settings.networkTier,
    address: settings.apiAddress,
    controllers: controllers.machines,
    poolAfter: leaving.ended,
  });

  // Authorities, and the keys that all controllers share
  const authorities = makeAuthorities(lifetimes);
  const serviceAccountKey = new tls.PrivateKey("service-account-key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
  const encryptionSeed = new tls.PrivateKey("encryption-seed", { algorithm: "ED25519" });
  const encryptionKey = encryptionSeed.privateKeyPemPkcs8.apply(deriveEncryptionKey);

  const backupKey = new BackupKey("backup", { clusterName, lifetimes });

  // The etcd cluster, and the control planes that store their data in it
  const host = {
    publicIp: frontDoor.publicIp,
    apiServiceIp,
    clusterDomain,
    ...(apiServerNames.length > 0 && { apiServerNames }),
  };
  const members = controllers.machines.map((c) => ({ name: c.name, address: c.internalIp }));
  const etcd = controllers.machines.map(
    (machine) =>
      new EtcdMember(`etcd-${machine.name}`, {
        machine,
        members,
        clusterName,
        authorities,
        lifetimes,
        host,
        release: etcdRelease,
        backup: {
          recipient: backupKey.certificate,
          clusterName,
          intervalHours: settings.backupIntervalHours,
          kept: settings.backupsKept,
        },
      }),
  );
  leaving.endsWith(etcd.map(({ step }) => step));
  const controlPlanes = controllers.machines.map(
    (machine, i) =>
      new ControlPlane(`control-plane-${machine.name}`, {
        machine,
        clusterName,
        authorities,
        lifetimes,
        etcd: etcd[i]!,
        host,
        publicIp: frontDoor.publicIp,
        serviceAccountKey: serviceAccountKey.privateKeyPemPkcs8,
        serviceAccountPublicKey: serviceAccountKey.publicKeyPem,
        encryptionKey,
        release: kubernetesRelease,
        podCidr,
        serviceCidr,
        apiserver: {
          nodePortRange: settings.nodePortRange,
          eventTtl: settings.eventTtl,
          auditMaxAgeDays: settings.auditMaxAgeDays,
          auditMaxBackups: settings.auditMaxBackups,
          auditMaxSizeMb: settings.auditMaxSizeMb,
          maxRequestsInflight: settings.maxRequestsInflight,
          maxMutatingRequestsInflight: settings.maxMutatingRequestsInflight,
          drainSeconds: settings.drainSeconds,
        },
      }),
  );

  controlPlanes.forEach(({ step }, i) => turns.ends(controllers.machines[i]!.name, step));

  // The first administrator, and the first objects in the API
  const admin = certificate("admin", { leaf: adminLeaf, authorities, lifetimes });
  const kubeconfigFor = (server: pulumi.Output<string>) =>
    pulumi.secret(
      pulumi
        .all([server, authorities.kubernetes.certificate, admin])
        .apply(([url, ca, pem]) =>
          renderKubeconfig({ server: url, ca, cluster: clusterName, user: ADMIN_USER, ...pem }),
        ),
    );
  const readyEndpoint = whenReady(
    frontDoor.endpoint,
    authorities.kubernetes.certificate,
    admin,
    controlPlanes.map((c) => c.step),
  );
  const kubeletRbac = new KubeletRbac("kubelet-rbac", {
    kubeconfig: kubeconfigFor(readyEndpoint),
    clusterName,
    generation,
    kubeletClientUser: KUBELET_CLIENT_USER,
  });
  new ApproverRbac("approver-rbac", kubeletRbac.provider);

  const endpoint = settings.endpointName
    ? pulumi.output(`https://${settings.endpointName}:${ports.api}`)
    : frontDoor.endpoint;
  const outputs = {
    contractVersion: pulumi.output(CONTRACT_VERSION),
    endpoint,
    publicIp: frontDoor.publicIp,
    kubeconfig: kubeconfigFor(endpoint),
    caCertificate: authorities.kubernetes.certificate,
    controllers: pulumi.output(
      controllers.machines.map(({ name, zone, hardware, instanceId, internalIp, externalIp, instance }) => ({
        name,
        hardware,
        instance: instance.name,
        instanceId,
        zone,
        internalIp,
        externalIp,
      })),
    ),
    network: network.network.name,
    subnetwork: network.subnetwork.name,
    subnetCidr: pulumi.output(settings.subnetCidr),
    podCidr: pulumi.output(podCidr),
    serviceCidr: pulumi.output(serviceCidr),
    clusterDnsIp: pulumi.output(settings.clusterDnsIp),
    clusterDomain: pulumi.output(clusterDomain),
    nodePortRange: pulumi.output(settings.nodePortRange),
    backupKey: pulumi.secret(backupKey.privateKey),
    ssh: pulumi.secret(
      pulumi.output({
        user: settings.sshUser,
        privateKey: controllers.sshPrivateKey,
        hostKeys: Object.fromEntries(controllers.machines.map((c) => [c.name, c.connection.hostKey])),
      }),
    ),
  };
  const { kubernetesVersion, etcdVersion } = running;
  const remembered = generation === 1 ? {} : { generation: pulumi.output(generation) };
  recordEarly({ ...outputs, ...remembered, kubernetesVersion, etcdVersion });
  // Reported only once the API answers, so that a failed upgrade cannot claim success.
  const ready = pulumi.unsecret(readyEndpoint);
  return {
    ...outputs,
    ...remembered,
    kubernetesVersion: ready.apply(() => settings.kubernetesVersion),
    etcdVersion: ready.apply(() => settings.etcdVersion),
  };
};
