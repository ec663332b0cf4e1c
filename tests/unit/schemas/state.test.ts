import { Resource, Types } from "../../schemas/schema";
import { isOf, stateProblems, StateResource } from "../../schemas/state";

const type = "command:remote:Command";
const urn = `urn:pulumi:local::hardway::${type}::step`;
const source: Resource = {
  inputProperties: { connection: { $ref: "#/types/c" }, create: { type: "string" } },
  requiredInputs: ["connection"],
  properties: { connection: { $ref: "#/types/c" }, create: { type: "string" }, stdout: { type: "string" } },
  required: ["connection", "stdout"],
};
const types: Types = {
  c: {
    properties: { host: { type: "string" }, port: { type: "integer" } },
    required: ["host"],
    language: { nodejs: { requiredOutputs: ["host", "port"] } },
  },
};
const secret = (value: object) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const problems = (resource: Pick<StateResource, "inputs" | "outputs">) =>
  stateProblems({ urn, type, ...resource }, source, types);
const inputs = { connection: secret({ host: "h" }), __defaults: [] };
const outputs = { id: "i", connection: secret({ host: "h", port: 22 }), create: null, stdout: "", __meta: "{}" };

test("accepts a resource that follows its schema, with the engine's notes and with outputs without a value", () => {
  expect(problems({ inputs, outputs })).toEqual([]);
});

test.each([
  [{ inputs: { ...inputs, crate: "c" }, outputs }, "inputs.crate is unknown; did you mean create?"],
  [{ inputs: {}, outputs }, "inputs.connection is missing"],
  [{ inputs: { ...inputs, connection: null }, outputs }, "inputs.connection is missing"],
  [
    { inputs: { connection: secret({ host: "h", prot: 1 }) }, outputs },
    "inputs.connection.prot is unknown; did you mean port?",
  ],
  [{ inputs, outputs: { ...outputs, stdot: "" } }, "outputs.stdot is unknown; did you mean stdout?"],
  [{ inputs, outputs: { ...outputs, stdout: undefined } }, "outputs.stdout is missing"],
  [{ inputs, outputs: { ...outputs, connection: { host: "h" } } }, "outputs.connection.port is missing"],
  [
    { inputs, outputs: { ...outputs, connection: { host: "h", port: 2.5 } } },
    "outputs.connection.port is 2.5, not an integer",
  ],
])("refuses %j", (resource, problem) => {
  expect(problems(resource)).toEqual([`step (${type}): ${problem}`]);
});

test("a provider that the program makes belongs to its package; the engine's default provider does not", () => {
  const provider = (name: string) => ({ urn: `urn::${name}`, type: "pulumi:providers:kubernetes" });
  expect(["kubelet-rbac-api", "default_4_34_2"].map((name) => isOf("kubernetes", provider(name)))).toEqual([
    true,
    false,
  ]);
});
