import { checkObject, plain, providerInputs, withoutNulls } from "../../schemas/check";
import { NpmPackage } from "../../schemas/npm";
import { inputsOf, ObjectType, outputsOf, Types } from "../../schemas/schema";
import { unsetIn, withUnset } from "./unset";

/** Each package is read once for all runs of the program in a test file. */
const packages = new Map<string, NpmPackage>();

function packageOf(token: string): NpmPackage {
  const name = token.replace("pulumi:providers:", "").split(":")[0]!;
  const known = packages.get(name) ?? new NpmPackage(name);
  packages.set(name, known);
  return known;
}

/** Checks the inputs of resources and functions, and the answers of mocks, against the schemas of the npm packages. */
export class Conformance {
  readonly problems: string[] = [];

  /** Checks the arguments of a resource's class, which silently drops arguments that it does not know. */
  args(name: string, token: string, args: object): void {
    const known = inputsOf(packageOf(token).resource(token)).properties!;
    const anything = { properties: Object.fromEntries(Object.keys(known).map((key) => [key, {}])) };
    this.problems.push(...checkObject(`${name} (${token}): inputs`, args, anything, {}));
  }

  /** Checks a resource, and returns its state: the inputs that are outputs too, and the outputs that the mocks invent. */
  resource(name: string, token: string, inputs: object, invented: object): Record<string, unknown> {
    const source = packageOf(token).resource(token);
    const { types } = packageOf(token);
    const accepted = inputsOf(source);
    const given = token.startsWith("pulumi:providers:") ? providerInputs(inputs, accepted) : inputs;
    this.inputs(`${name} (${token}): inputs`, given, accepted, types);

    const where = `${name} (${token}): outputs`;
    const outputs = outputsOf(source);
    this.invented(where, invented, outputs, types);
    const echoed = Object.fromEntries(Object.entries(inputs).filter(([key]) => key in outputs.properties!));
    return withUnset(where, { ...echoed, ...invented }, outputs, types);
  }

  /** Checks a function call, and returns its answer. */
  call(token: string, inputs: object, invented: object): Record<string, unknown> {
    const { types } = packageOf(token);
    const fn = packageOf(token).fn(token);
    this.inputs(`${token}: inputs`, inputs, fn.inputs, types);
    this.invented(`${token}: outputs`, invented, fn.outputs, types);
    return withUnset(`${token}: outputs`, invented, fn.outputs, types);
  }

  /** Adds a problem for each output in `value` that the mocks do not give. */
  given(where: string, value: unknown): void {
    this.problems.push(...unsetIn(value).map((output) => `${where} holds ${output}, which the mocks do not give`));
  }

  private inputs(where: string, inputs: object, type: ObjectType, types: Types): void {
    this.problems.push(...checkObject(where, withoutNulls(plain(inputs)) as object, type, types));
    this.given(where, inputs);
  }

  /** Checks invented outputs. Required ones may be missing, because mocks need not invent everything. */
  private invented(where: string, outputs: object, type: ObjectType, types: Types): void {
    const lenient = Object.fromEntries(Object.entries(types).map(([id, t]) => [id, { ...t, required: [] }]));
    this.problems.push(...checkObject(where, outputs, { ...type, required: [] }, lenient));
  }
}
