import { readFileSync } from "fs";
import { join } from "path";
import * as pulumi from "@pulumi/pulumi";
import { CONTRACT_VERSION, outputsOf, ProgramOutputs } from "../../outputs";
import { SECRET_OUTPUTS } from "../secretOutputs";
import { Backend } from "./backend";
import { run } from "./run";

const STACK = "organization/hardway/dev";

/** The outputs of index.ts, as a backend stores them. */
let made: Record<string, unknown>;
beforeAll(async () => {
  const { outputs } = await run();
  const contractVersion = await valueOf(outputs.contractVersion);
  made = { ...Object.fromEntries(Object.keys(outputs).map((name) => [name, `its ${name}`])), contractVersion };
});

const valueOf = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

/** Reads the outputs of `stack` from a backend where only STACK exists, with `outputs`. */
async function read(outputs: Record<string, unknown>, stack = STACK): Promise<ProgramOutputs> {
  await pulumi.runtime.setMocks(new Backend({ [STACK]: outputs }), "consumer", "test", true);
  return outputsOf(stack, "consumer:controlPlane");
}

test("another program reads all outputs of this one, and secrets stay secret", async () => {
  const outputs = await read(made);
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(made).sort());
  expect(await valueOf(outputs.endpoint)).toBe("its endpoint");
  const { endpoint, kubeconfig, ssh } = outputs;
  const secrets = await Promise.all([pulumi.isSecret(endpoint), pulumi.isSecret(kubeconfig), pulumi.isSecret(ssh)]);
  expect(secrets).toEqual([false, true, true]);
});

test("the error about a missing stack names the setting, its value and how to list stacks", async () => {
  await expect(read(made, "organization/hardway/nope")).rejects.toThrow(
    /^consumer:controlPlane organization\/hardway\/nope: .*unknown stack.*`pulumi stack ls --all`/,
  );
});

test("the error about a stack that is not up says so, and to bring it up", async () => {
  await expect(read({})).rejects.toThrow(
    `${STACK}: the stack has no outputs because it is not up; run pulumi up on it`,
  );
});

test("a stack without a contract version, of an older program or of another project, is refused", async () => {
  await expect(read({ ...made, contractVersion: undefined })).rejects.toThrow(
    /no output contractVersion; if it is a stack of hardway, run pulumi up on it/,
  );
});

test.each([
  [CONTRACT_VERSION + 1, /update this program$/],
  [CONTRACT_VERSION - 1, /run pulumi up on it with this checkout$/],
])("version %i of the contract is refused, and the error says what to update", async (contractVersion, wayOut) => {
  const refused = read({ ...made, contractVersion });
  await expect(refused).rejects.toThrow(`its outputs follow version ${contractVersion} of the contract`);
  await expect(refused).rejects.toThrow(wayOut);
});

test("the error about missing outputs names all of them", async () => {
  await expect(read({ ...made, endpoint: undefined, podCidr: undefined })).rejects.toThrow(
    "the stack lacks the outputs endpoint, podCidr; run pulumi up on it",
  );
});

test("docs/outputs.md has one row for each output, and no other rows", () => {
  const page = readFileSync(join(__dirname, "../../docs/outputs.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \|.*\|$/gm)].map(([, name]) => name);
  expect(rows.sort()).toEqual(Object.keys(made).sort());
});

test("docs/outputs.md marks the outputs that are secrets", () => {
  const page = readFileSync(join(__dirname, "../../docs/outputs.md"), "utf8");
  const marked = [...page.matchAll(/^\| `(\w+)` \|.*\*\*Secret\*\* \|$/gm)].map(([, name]) => name);
  expect(marked.sort()).toEqual(SECRET_OUTPUTS);
});
