import * as pulumi from "@pulumi/pulumi";

/** What other stacks and tools learn about a controller. */
export interface ControllerOutput {
  /** controller-0, controller-1, … */
  name: string;
  /** Machine type, image and disk, for people. */
  hardware: string;
  /** Name of its instance in the cloud. */
  instance: string;
  /** Google's number for the instance. A machine that is made again gets another one. */
  instanceId: string;
  zone: string;
  internalIp: string;
  externalIp: string;
}

/** How to reach the controllers over SSH. */
export interface SshOutput {
  user: string;
  /** OpenSSH format. */
  privateKey: string;
  /** `TYPE BASE64` by controller name. */
  hostKeys: Record<string, string>;
}

/** Version of the contract StackOutputs. Stays the same when an output is added, rises when one goes or changes its meaning. */
export const CONTRACT_VERSION = 1;

/** A stack's outputs: a contract with the stacks that read them through a StackReference. */
export interface StackOutputs {
  /** CONTRACT_VERSION of the program that made them. */
  contractVersion: number;
  /** https://HOST:6443, where HOST is the setting endpointName, or else the public address. */
  endpoint: string;
  publicIp: string;
  /** An administrator's kubeconfig for the front door, YAML. Secret. */
  kubeconfig: string;
  /** The Kubernetes authority's certificate, PEM. */
  caCertificate: string;
  controllers: ControllerOutput[];
  /** Names in the cloud. */
  network: string;
  subnetwork: string;
  subnetCidr: string;
  podCidr: string;
  serviceCidr: string;
  clusterDnsIp: string;
  clusterDomain: string;
  /** FIRST-LAST */
  nodePortRange: string;
  /** MAJOR.MINOR.PATCH */
  kubernetesVersion: string;
  /** MAJOR.MINOR.PATCH */
  etcdVersion: string;
  /** The private key that decrypts backups of etcd, PEM. Secret. */
  backupKey: string;
  /** Secret. */
  ssh: SshOutput;
}

/** What an update reads of the last one: its outputs, as far as there are any, and what only this program uses. */
export interface LastOutputs extends Partial<StackOutputs> {
  /** How many clusters this stack has founded, if more than one: with all machines, etcd's data is lost. */
  generation?: number;
}

/** The same outputs inside a program, where a value may not be known yet. */
export type ProgramOutputs = { [K in keyof StackOutputs]: pulumi.Output<StackOutputs[K]> };

/** The names of all outputs at run time. The compiler makes sure that none is missing. */
const names = Object.keys({
  contractVersion: true,
  endpoint: true,
  publicIp: true,
  kubeconfig: true,
  caCertificate: true,
  controllers: true,
  network: true,
  subnetwork: true,
  subnetCidr: true,
  podCidr: true,
  serviceCidr: true,
  clusterDnsIp: true,
  clusterDomain: true,
  nodePortRange: true,
  kubernetesVersion: true,
  etcdVersion: true,
  backupKey: true,
  ssh: true,
} satisfies Record<keyof StackOutputs, true>) as (keyof StackOutputs)[];

const SECRET_OUTPUTS = ["kubeconfig", "backupKey", "ssh"] as const;
type SecretOutput = (typeof SECRET_OUTPUTS)[number];

/**
 * Returns the outputs of another stack, for a program that builds on it. Secrets stay secret. `stack` is the stack's full
 * name, and `setting` is the setting that holds this name. Throws a RunError that names both and says what to do when the
 * stack does not exist or its outputs do not follow this contract. Works in a preview too.
 */
export async function outputsOf(stack: string, setting: string): Promise<ProgramOutputs> {
  await plainOutputsOf(stack, setting);
  const reference = new pulumi.StackReference(setting, { name: stack });
  return Object.fromEntries(names.map((name) => [name, reference.requireOutput(name)])) as ProgramOutputs;
}

/** The outputs without secrets, as plain values. Throws like `outputsOf`. */
export async function plainOutputsOf(stack: string, setting: string): Promise<Omit<StackOutputs, SecretOutput>> {
  const outputs = await found(stack, setting);
  const problem = contractProblem(outputs);
  if (problem !== undefined) throw new pulumi.RunError(`${setting} ${stack}: ${problem}`);
  for (const secret of SECRET_OUTPUTS) delete outputs[secret];
  return outputs as unknown as Omit<StackOutputs, SecretOutput>;
}

/** Returns the outputs of a stack's last update, secrets in plain text; none when it is not up. `stack` is its full name. */
export async function readOutputs(stack: string): Promise<Record<string, unknown>> {
  const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name: stack })) as {
    outputs: Record<string, unknown>;
  };
  return answer.outputs;
}

/** Calls a function before a StackReference is made: one that cannot be read ends the program with the engine's own message. */
const found = (stack: string, setting: string) =>
  readOutputs(stack).catch((error: Error) => {
    const reason = error.message.replace(/^invocation of \S+ returned an error: /, "");
    throw new pulumi.RunError(
      `${setting} ${stack}: the stack cannot be read: ${reason}. ` +
        "`pulumi stack ls --all` lists the stacks of the backend; the name is ORGANIZATION/PROJECT/STACK",
    );
  });

/** What is wrong with a stack's outputs, or undefined when they are those of this contract. */
function contractProblem(outputs: Record<string, unknown>): string | undefined {
  if (Object.keys(outputs).length === 0) return "the stack has no outputs because it is not up; run pulumi up on it";
  const version = outputs.contractVersion;
  if (version === undefined)
    return "the stack has no output contractVersion; if it is a stack of hardway, run pulumi up on it with this checkout";
  if (version !== CONTRACT_VERSION)
    return (
      `its outputs follow version ${JSON.stringify(version)} of the contract, but this program reads version ${CONTRACT_VERSION}; ` +
      `${Number(version) > CONTRACT_VERSION ? "update this program" : "run pulumi up on it with this checkout"}`
    );
  const missing = names.filter((name) => outputs[name] === undefined);
  if (missing.length > 0)
    return `the stack lacks the outputs ${missing.join(", ")}; run pulumi up on it with this checkout`;
  return undefined;
}
