import { checkObject, plain, providerInputs, withoutNulls } from "../../schemas/check";
import { NpmPackage } from "../../schemas/npm";
import { inputsOf, ObjectType, outputsOf, Types } from "../../schemas/schema";
import { unsetIn, withUnset } from "./unset";

/** Read once for all runs of the program in a file of tests. */
const packages = new Map<string, NpmPackage>();

function packageOf(token: string): NpmPackage {
  const name = token.replace("pulumi:providers:", "").split(":")[0]!;
  const known = packages.get(name) ?? new NpmPackage(name);
  packages.set(name, known);
  return known;
}

/** What is given to resources and functions, and what mocks answer, held against the schemas of the npm packages. */
export class Conformance {
  readonly problems: string[] = [];

  /** What the program gives to a resource's class: an argument it does not know never gets to the provider. */
  args(name: string, token: string, args: object): void {
    const known = inputsOf(packageOf(token).resource(token)).properties!;
    const anything = { properties: Object.fromEntries(Object.keys(known).map((key) => [key, {}])) };
    this.problems.push(...checkObject(`${name} (${token}): inputs`, args, anything, {}));
  }

  /** The state of a resource: those of its inputs that are outputs too, and what the mocks invent. */
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

  /** What a function answers. */
  call(token: string, inputs: object, invented: object): Record<string, unknown> {
    const { types } = packageOf(token);
    const fn = packageOf(token).fn(token);
    this.inputs(`${token}: inputs`, inputs, fn.inputs, types);
    this.invented(`${token}: outputs`, invented, fn.outputs, types);
    return withUnset(`${token}: outputs`, invented, fn.outputs, types);
  }

  /** Nothing that the mocks do not give may get anywhere. */
  given(where: string, value: unknown): void {
    this.problems.push(...unsetIn(value).map((output) => `${where} holds ${output}, which the mocks do not give`));
  }

  private inputs(where: string, inputs: object, type: ObjectType, types: Types): void {
    this.problems.push(...checkObject(where, withoutNulls(plain(inputs)) as object, type, types));
    this.given(where, inputs);
  }

  /** Mocks need not invent everything. */
  private invented(where: string, outputs: object, type: ObjectType, types: Types): void {
    const lenient = Object.fromEntries(Object.entries(types).map(([id, t]) => [id, { ...t, required: [] }]));
    this.problems.push(...checkObject(where, outputs, { ...type, required: [] }, lenient));
  }
}
