import { checkObject, isObject, plain, providerInputs, withoutNulls } from "./check";
import { asOutputs, inputsOf, outputsOf, Resource, Types } from "./schema";

/** A resource in `pulumi stack export`. */
export interface StateResource {
  urn: string;
  type: string;
  inputs?: object;
  outputs?: object;
}

/** Whether a resource in a stack's state belongs to a package. The engine's default providers do not. */
export const isOf = (name: string, { type, urn }: StateResource): boolean =>
  type.startsWith(`${name}:`) || (type === `pulumi:providers:${name}` && !/::default_[\d_]+$/.test(urn));

/** Returns a line for everything in a resource of a stack's state that does not follow its schema. */
export function stateProblems(resource: StateResource, source: Resource, types: Types): string[] {
  const { urn, type } = resource;
  const where = `${urn.split("::").pop()} (${type})`;
  const provider = type.startsWith("pulumi:providers:");
  const accepted = inputsOf(source);
  const inputs = ordinary(withoutNulls(plain(resource.inputs ?? {}))) as object;
  if (provider) {
    // A provider's outputs repeat its inputs, and the engine adds the version.
    const own = without("version", inputs);
    return checkObject(`${where}: inputs`, providerInputs(own, accepted), accepted, types);
  }
  const outputs = without("id", ordinary(plain(resource.outputs ?? {})) as object);
  return [
    ...checkObject(`${where}: inputs`, inputs, accepted, types),
    ...checkObject(`${where}: outputs`, outputs, outputsOf(source), asOutputs(types)),
  ];
}

const without = (name: string, value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

/** Leaves out the notes of the engine, the bridge and the Kubernetes plugin, whose names begin with __. */
function ordinary(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordinary);
  if (!isObject(value)) return value;
  const own = Object.entries(value).filter(([key]) => !key.startsWith("__"));
  return Object.fromEntries(own.map(([key, v]) => [key, ordinary(v)]));
}
