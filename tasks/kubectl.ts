import { mkdtempSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { attached } from "../lib/process";
import { toolEnv } from "../local";
import { TaskError } from "./error";
import { readAnyOutputs, readOutputs, Stack } from "./stack";
import { tenantOf } from "./tenant";

/**
 * Runs kubectl with an administrator's kubeconfig, or with that of a person of the tenant. The kubeconfig is on disk only
 * while kubectl runs, which has the version of the stack where that is built. A shell splits `args`. Resolves with the exit code.
 */
export async function kubectl(stack: Stack, args: string, person?: string): Promise<number> {
  const { kubeconfig: admin, kubernetesVersion } = await readOutputs(stack);
  const kubeconfig = person === undefined ? admin : await kubeconfigOf(person, stack);
  const directory = mkdtempSync(join(tmpdir(), "hardway-kubectl-"));
  try {
    const path = join(directory, "kubeconfig");
    writeFileSync(path, kubeconfig, { mode: 0o600 });
    const env = { ...stack.environment, ...toolEnv(stack.environment, kubernetesVersion), KUBECONFIG: path };
    return await attached("sh", ["-c", `exec kubectl ${args}`], { env });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function kubeconfigOf(person: string, controlPlane: Stack): Promise<string> {
  const { outputs } = await readAnyOutputs<Record<string, string>>(tenantOf(controlPlane));
  const kubeconfig = outputs[`kubeconfig-${person}`];
  if (kubeconfig !== undefined) return kubeconfig;
  const people = Object.keys(outputs).flatMap((output) => /^kubeconfig-(.+)$/.exec(output)?.[1] ?? []);
  const { name } = controlPlane;
  throw new TaskError(
    people.length > 0
      ? `PERSON=${person}: the tenant on stack ${name} has ${people.join(", ")}`
      : `PERSON=${person}: stack ${name} has no tenant; run: make tenant STACK=${name}`,
  );
}
