import { mkdtempSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { attached } from "../lib/process";
import { TaskError } from "./error";
import { openStack, readOutputs, whateverOutputs } from "./stack/stack";

/**
 * kubectl with the stack's admin kubeconfig, or with that of a person of the tenant on it, which is on disk for just as
 * long. `args` is read as a shell would.
 */
export async function kubectl(name: string, args: string, person?: string): Promise<number> {
  const stack = openStack(name);
  const { kubeconfig: admin } = await readOutputs(stack);
  const kubeconfig = person === undefined ? admin : await kubeconfigOf(person, name);
  const directory = mkdtempSync(join(tmpdir(), "hardway-kubectl-"));
  try {
    const path = join(directory, "kubeconfig");
    writeFileSync(path, kubeconfig, { mode: 0o600 });
    return await attached("sh", ["-c", `exec kubectl ${args}`], { env: { ...stack.environment, KUBECONFIG: path } });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function kubeconfigOf(person: string, name: string): Promise<string> {
  const { outputs } = await whateverOutputs<Record<string, string>>(openStack(name, "tenant"));
  const people = Object.keys(outputs).flatMap((output) => /^kubeconfig-(.+)$/.exec(output)?.[1] ?? []);
  const kubeconfig = outputs[`kubeconfig-${person}`];
  if (kubeconfig === undefined)
    throw new TaskError(
      `PERSON=${person}: ${people.length > 0 ? `the tenant on stack ${name} has ${people.join(", ")}` : `there is no tenant on stack ${name}; run: make tenant STACK=${name}`}`,
    );
  return kubeconfig;
}
