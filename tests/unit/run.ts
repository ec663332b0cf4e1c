import * as pulumi from "@pulumi/pulumi";
import type { ProgramOutputs } from "../../outputs";
import { Mocks } from "./mocks";
import { watched } from "./schemas/watched";
import { rawSettings } from "./settings";

/**
 * Runs a program under mocks, as a preview that knows everything or for real, with settings by their full name. Fails with
 * everything that is not as the providers' schemas have it.
 */
export async function runProgram<T extends object>(
  mocks: Mocks,
  project: string,
  settings: Record<string, string>,
  program: () => Promise<T>,
  preview = true,
): Promise<T> {
  await pulumi.runtime.setMocks(mocks, project, "test", preview, "organization");
  mocks.listen(pulumi.runtime.getMonitor()!);
  pulumi.runtime.setAllConfig(settings);
  // What the program throws is for the test: left to the SDK, it would be everybody's.
  let ended: { outputs: T } | { failure: unknown } | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    await jest.isolateModulesAsync(async () => {
      for (const name of ["command", "gcp", "kubernetes", "tls"].map((provider) => `@pulumi/${provider}`))
        jest.doMock(name, () => watched(jest.requireActual(name), (...made) => mocks.conformance.args(...made)));
      ended = await program().then(
        (outputs) => ({ outputs }),
        (failure: unknown) => ({ failure }),
      );
    });
  });
  await pulumi.runtime.disconnect();
  if ("failure" in ended!) throw ended.failure;
  const { outputs } = ended!;
  mocks.conformance.given("the program's outputs", await new Promise((done) => pulumi.output(outputs).apply(done)));
  const { problems } = mocks.conformance;
  if (problems.length > 0) throw new Error(`not as the providers' schemas have it:\n  ${problems.join("\n  ")}`);
  return outputs;
}

/** Settings by their full name. */
export const qualified = (project: string, settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${project}:${key}`, value]));

/** Runs index.ts as a preview. */
export async function run(changes: Record<string, unknown> = {}): Promise<{ mocks: Mocks; outputs: ProgramOutputs }> {
  const mocks = new Mocks();
  const settings = { ...qualified("hardway", rawSettings(changes)), "gcp:region": "europe-west1" };
  const program = async () => (await import("../../index")).default();
  const outputs = await runProgram(mocks, "hardway", settings, program);
  return { mocks, outputs };
}
