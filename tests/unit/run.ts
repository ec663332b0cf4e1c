import * as pulumi from "@pulumi/pulumi";
import type { ProgramOutputs } from "../../outputs";
import { Mocks } from "./mocks";
import { rawSettings } from "./settings";

/** Runs index.ts under mocks, as a preview that knows everything, with these settings. */
export async function run(changes: Record<string, unknown> = {}): Promise<{ mocks: Mocks; outputs: ProgramOutputs }> {
  const mocks = new Mocks();
  await pulumi.runtime.setMocks(mocks, "hardway", "test", true);
  const config = Object.entries(rawSettings(changes)).map(([key, value]) => [`hardway:${key}`, value]);
  pulumi.runtime.setAllConfig({ ...Object.fromEntries(config), "gcp:region": "europe-west1" } as Record<
    string,
    string
  >);
  let outputs: ProgramOutputs | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    await jest.isolateModulesAsync(async () => {
      outputs = ((await import("../../index")) as unknown as { default: ProgramOutputs }).default;
    });
  });
  await pulumi.runtime.disconnect();
  return { mocks, outputs: outputs! };
}
