import * as pulumi from "@pulumi/pulumi";
import type { ProgramOutputs } from "../../outputs";
import { Mocks } from "./mocks";
import { watched } from "./schemas/watched";
import { rawSettings } from "./settings";

/** The mocks of the program that runs. The programs' modules are loaded once, because loading them takes longer than a run. */
let current: Mocks;
for (const name of ["command", "gcp", "kubernetes", "tls"].map((provider) => `@pulumi/${provider}`))
  jest.doMock(name, () => watched(jest.requireActual(name), (...made) => current.conformance.args(...made)));

/**
 * Runs a program with mocks, as a preview or as an update. `settings` are by full name, such as gcp:region. Throws what the
 * program throws, or one error that lists everything that does not follow the providers' schemas.
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
  current = mocks;
  // Catches what the program throws and hands it to the test. The SDK would make it an unhandled rejection.
  let ended: { outputs: T } | { failure: unknown } | undefined;
  const { stackTraceLimit } = Error;
  // The SDK takes a stack trace for each promise. They took more than half of the time of a run.
  Error.stackTraceLimit = 1;
  try {
    await pulumi.runtime.runInPulumiStack(async () => {
      ended = await program().then(
        (outputs) => ({ outputs }),
        (failure: unknown) => ({ failure }),
      );
    });
    await pulumi.runtime.disconnect();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  if ("failure" in ended!) throw ended.failure;
  const { outputs } = ended!;
  mocks.conformance.given("the program's outputs", await new Promise((done) => pulumi.output(outputs).apply(done)));
  const { problems } = mocks.conformance;
  if (problems.length > 0) throw new Error(`does not follow the providers' schemas:\n  ${problems.join("\n  ")}`);
  return outputs;
}

/** The same settings by full name, PROJECT:NAME. */
export const qualified = (project: string, settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${project}:${key}`, value]));

/** A cloud in which the ranges of rawSettings exist, as in the local one. */
const ELSEWHERE = { "gcp:computeCustomEndpoint": "http://cloud.invalid/compute/v1/" };

/** Runs index.ts, unless told otherwise as a preview in a cloud that is not Google's. `provider` are settings of Google's provider. */
export async function run(
  changes: Record<string, unknown> = {},
  mocks = new Mocks(),
  { preview = true, provider = ELSEWHERE }: { preview?: boolean; provider?: Record<string, string> } = {},
): Promise<{ mocks: Mocks; outputs: ProgramOutputs }> {
  const settings = { ...qualified("hardway", rawSettings(changes)), "gcp:region": "europe-west1", ...provider };
  const program = async () => (await import("../../index")).default();
  const outputs = await runProgram(mocks, "hardway", settings, program, preview);
  return { mocks, outputs };
}
