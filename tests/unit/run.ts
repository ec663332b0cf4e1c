import * as pulumi from "@pulumi/pulumi";
import type { ProgramOutputs } from "../../outputs";
import { Mocks } from "./mocks";
import { watched } from "./schemas/watched";
import { rawSettings } from "./settings";

/**
 * Runs index.ts under mocks, as a preview that knows everything, with these settings. Fails with everything that is not as
 * the providers' schemas have it.
 */
export async function run(changes: Record<string, unknown> = {}): Promise<{ mocks: Mocks; outputs: ProgramOutputs }> {
  const mocks = new Mocks();
  await pulumi.runtime.setMocks(mocks, "hardway", "test", true, "organization");
  mocks.listen(pulumi.runtime.getMonitor()!);
  const config = Object.entries(rawSettings(changes)).map(([key, value]) => [`hardway:${key}`, value]);
  pulumi.runtime.setAllConfig({ ...Object.fromEntries(config), "gcp:region": "europe-west1" } as Record<
    string,
    string
  >);
  let outputs: ProgramOutputs | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    await jest.isolateModulesAsync(async () => {
      for (const name of ["command", "gcp", "kubernetes", "tls"].map((provider) => `@pulumi/${provider}`))
        jest.doMock(name, () => watched(jest.requireActual(name), (...made) => mocks.conformance.args(...made)));
      const { default: program } = await import("../../index");
      outputs = await program();
    });
  });
  await pulumi.runtime.disconnect();
  mocks.conformance.given("the program's outputs", await new Promise((done) => pulumi.output(outputs).apply(done)));
  const { problems } = mocks.conformance;
  if (problems.length > 0) throw new Error(`not as the providers' schemas have it:\n  ${problems.join("\n  ")}`);
  return { mocks, outputs: outputs! };
}
