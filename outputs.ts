import * as pulumi from "@pulumi/pulumi";

/** A controller, as other stacks and tools see it. */
export interface ControllerOutput {
  /** controller-0, controller-1, … */
  name: string;
  /** Name of its instance in the cloud. */
  instance: string;
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

/**
 * Version of the contract that StackOutputs is. New outputs leave it as it is; one that goes, or that means something
 * else than before, is the next version.
 */
export const CONTRACT_VERSION = 1;

/** A stack's outputs: a contract with the stacks that read them by StackReference. */
export interface StackOutputs {
  /** CONTRACT_VERSION of the program that made them. */
  contractVersion: number;
  /** https://PUBLIC_IP:6443 */
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
  podCidr: string;
  serviceCidr: string;
  clusterDnsIp: string;
  /** MAJOR.MINOR.PATCH */
  kubernetesVersion: string;
  /** Secret. */
  ssh: SshOutput;
}

/** The same outputs as the program has them. */
export type ProgramOutputs = { [K in keyof StackOutputs]: pulumi.Output<StackOutputs[K]> };

/** All names, for when there are no types; the compiler keeps it complete. */
const names = Object.keys({
  contractVersion: true,
  endpoint: true,
  publicIp: true,
  kubeconfig: true,
  caCertificate: true,
  controllers: true,
  network: true,
  subnetwork: true,
  podCidr: true,
  serviceCidr: true,
  clusterDnsIp: true,
  kubernetesVersion: true,
  ssh: true,
} satisfies Record<keyof StackOutputs, true>) as (keyof StackOutputs)[];

/**
 * The outputs of another stack, for a program that builds on it; secrets stay secret. `stack` is its full name, and
 * `setting` the setting that holds it. Throws a RunError that names both, and the way out, when there is no such stack or
 * its outputs are not those of this contract. Works in a preview too.
 */
export async function outputsOf(stack: string, setting: string): Promise<ProgramOutputs> {
  const problem = contractProblem(await found(stack, setting));
  if (problem !== undefined) throw new pulumi.RunError(`${setting} ${stack}: ${problem}`);
  const reference = new pulumi.StackReference(setting, { name: stack });
  return Object.fromEntries(names.map((name) => [name, reference.requireOutput(name)])) as ProgramOutputs;
}

/** What a stack's last update put out, secrets in plain; nothing when it is not up. `stack` is its full name. */
export async function readOutputs(stack: string): Promise<Record<string, unknown>> {
  const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name: stack })) as {
    outputs: Record<string, unknown>;
  };
  return answer.outputs;
}

/** Asked by a function first: a resource that cannot be read ends the program at once, with the engine's words. */
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
  if (Object.keys(outputs).length === 0) return "the stack has no outputs: it is not up; run pulumi up on it";
  const version = outputs.contractVersion;
  if (version === undefined)
    return "the stack has no output contractVersion: is it one of hardway? If so, run pulumi up on it with this checkout";
  if (version !== CONTRACT_VERSION)
    return (
      `its outputs are of version ${JSON.stringify(version)} of the contract, and this program reads version ${CONTRACT_VERSION}: ` +
      `${Number(version) > CONTRACT_VERSION ? "update this program" : "run pulumi up on it with this checkout"}`
    );
  const missing = names.filter((name) => outputs[name] === undefined);
  if (missing.length > 0)
    return `the stack lacks the outputs ${missing.join(", ")}; run pulumi up on it with this checkout`;
  return undefined;
}
