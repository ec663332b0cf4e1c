import { readFileSync } from "fs";
import { join } from "path";
import * as pulumi from "@pulumi/pulumi";
import { CONTRACT_VERSION, outputsOf, ProgramOutputs } from "../../outputs";
import { Backend } from "./backend";
import { run } from "./run";

const STACK = "organization/hardway/dev";

/** The outputs that index.ts makes, as a backend keeps them. */
let made: Record<string, unknown>;
beforeAll(async () => {
  const { outputs } = await run();
  const contractVersion = await valueOf(outputs.contractVersion);
  made = { ...Object.fromEntries(Object.keys(outputs).map((name) => [name, `its ${name}`])), contractVersion };
});

const valueOf = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

/** Reads STACK, which has `outputs`. */
async function read(outputs: Record<string, unknown>, stack = STACK): Promise<ProgramOutputs> {
  await pulumi.runtime.setMocks(new Backend({ [STACK]: outputs }), "consumer", "test", true);
  return outputsOf(stack, "consumer:controlPlane");
}

test("another program reads what this one made, and secrets stay secret", async () => {
  const outputs = await read(made);
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(made).sort());
  expect(await valueOf(outputs.endpoint)).toBe("its endpoint");
  const { endpoint, kubeconfig, ssh } = outputs;
  const secrets = await Promise.all([pulumi.isSecret(endpoint), pulumi.isSecret(kubeconfig), pulumi.isSecret(ssh)]);
  expect(secrets).toEqual([false, true, true]);
});

test("a stack that does not exist: the setting, its value and how to list stacks", async () => {
  await expect(read(made, "organization/hardway/nope")).rejects.toThrow(
    /^consumer:controlPlane organization\/hardway\/nope: .*unknown stack.*`pulumi stack ls --all`/,
  );
});

test("a stack that is not up", async () => {
  await expect(read({})).rejects.toThrow(`${STACK}: the stack has no outputs: it is not up; run pulumi up on it`);
});

test("a stack of an older program, or of another project", async () => {
  await expect(read({ ...made, contractVersion: undefined })).rejects.toThrow(
    /no output contractVersion: is it one of hardway\? If so, run pulumi up/,
  );
});

test.each([
  [CONTRACT_VERSION + 1, /update this program$/],
  [CONTRACT_VERSION - 1, /run pulumi up on it with this checkout$/],
])("version %i of the contract", async (contractVersion, wayOut) => {
  const refused = read({ ...made, contractVersion });
  await expect(refused).rejects.toThrow(`are of version ${contractVersion} of the contract`);
  await expect(refused).rejects.toThrow(wayOut);
});

test("outputs that are missing are all named", async () => {
  await expect(read({ ...made, endpoint: undefined, podCidr: undefined })).rejects.toThrow(
    "the stack lacks the outputs endpoint, podCidr; run pulumi up on it",
  );
});

test("every output has its row in docs/outputs.md, and none else has", () => {
  const page = readFileSync(join(__dirname, "../../docs/outputs.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \|.*\|$/gm)].map(([, name]) => name);
  expect(rows.sort()).toEqual(Object.keys(made).sort());
});
