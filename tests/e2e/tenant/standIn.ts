import { copyFileSync, mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { output } from "../../../lib/process";
import { openStack } from "../../../tasks/stack";
import { checkout, STACK } from "../support";

/** Runs `work` while the backend has a stack of the project hardway with these outputs and no resources. `name`: its full name. */
export async function withStandIn<T>(outputs: object, work: (name: string) => Promise<T>): Promise<T> {
  const cwd = mkdtempSync(join(tmpdir(), "hardway-e2e-"));
  const { environment: env } = openStack(STACK);
  const pulumi = (args: string[], input?: string) =>
    output("pulumi", ["stack", ...args, "--non-interactive"], { cwd, env, input });
  try {
    copyFileSync(join(checkout, "Pulumi.yaml"), join(cwd, "Pulumi.yaml"));
    await pulumi(["init", "stand-in"]);
    const state = JSON.parse(await pulumi(["export"])) as { deployment: object };
    const type = "pulumi:pulumi:Stack";
    const stack = { urn: `urn:pulumi:stand-in::hardway::${type}::hardway-stand-in`, type, custom: false, outputs };
    await pulumi(["import"], JSON.stringify({ ...state, deployment: { ...state.deployment, resources: [stack] } }));
    return await work("organization/hardway/stand-in");
  } finally {
    await pulumi(["rm", "stand-in", "--yes", "--force"]);
    rmSync(cwd, { recursive: true });
  }
}
