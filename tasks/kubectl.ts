import { mkdtempSync, rmSync, writeFileSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { attached } from "./process";
import { openStack, readOutputs } from "./stack";

/** kubectl with the stack's admin kubeconfig, which is on disk for just as long. `args` is read as a shell would. */
export async function kubectl(name: string, args: string): Promise<number> {
  const stack = openStack(name);
  const { kubeconfig } = await readOutputs(stack);
  const directory = mkdtempSync(join(tmpdir(), "hardway-kubectl-"));
  try {
    const path = join(directory, "kubeconfig");
    writeFileSync(path, kubeconfig, { mode: 0o600 });
    return await attached("sh", ["-c", `exec kubectl ${args}`], { env: { ...stack.environment, KUBECONFIG: path } });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
