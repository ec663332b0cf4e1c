import { NpmPackage } from "./npm";
import { asOutputs, inputsOf, ObjectType, outputsOf, Property, referred, Resource, Schema, Types } from "./schema";

/**
 * Returns a line for each difference between a plugin's schema and the classes of its npm package. Ignores optional properties
 * that only the npm package has, because Google's is generated from the beta provider, which has a few more.
 */
export function disagreements(name: string, schema: Schema): string[] {
  const npm = new NpmPackage(name);
  const { types = {}, resources, functions = {} } = schema;
  const sides = { npm: npm.types, ours: types };
  const outputSides = { npm: npm.types, ours: asOutputs(types), outputs: true } as const;
  const resource = (token: string, ours: Resource) => [
    ...compare(`${token} inputs`, inputsOf(npm.resource(token)), inputsOf(ours), sides),
    ...compare(`${token} outputs`, outputsOf(npm.resource(token)), outputsOf(ours), outputSides),
    ...compareSecrets(token, npm.secrets(token), ours),
  ];
  const ordinary = Object.entries(functions).filter(([token]) => isOrdinary(token));
  return [
    ...Object.entries(resources).flatMap(([token, ours]) => orWhyNot(() => resource(token, ours))),
    ...ordinary.flatMap(([token, { inputs }]) =>
      orWhyNot(() => compare(`${token} inputs`, npm.fn(token).inputs, inputs ?? {}, sides)),
    ),
  ];
}

/** False for the provider's own methods, which have no file in the npm package. */
function isOrdinary(token: string): boolean {
  return !token.startsWith("pulumi:");
}

/** The differences, or the error about a resource or function that the npm package does not have. */
function orWhyNot(compared: () => string[]): string[] {
  try {
    return compared();
  } catch (error) {
    return [(error as Error).message];
  }
}

interface Sides {
  npm: Types;
  ours: Types;
  /** Ignores outputs that only the npm package has. */
  outputs?: true;
}

function compare(what: string, npm: ObjectType, ours: ObjectType, sides: Sides): string[] {
  const [theirs, own] = [npm.properties ?? {}, ours.properties ?? {}];
  const needed = (type: ObjectType, name: string) => (type.required ?? []).includes(name);
  const wrong = Object.keys(theirs)
    .filter((name) => name in own || !sides.outputs)
    .filter((name) => needed(npm, name) !== needed(ours, name));
  return [
    ...wrong.map((name) => `${what}: ${name} is ${needed(npm, name) ? "required" : "optional"} in the npm package`),
    ...Object.entries(own).flatMap(([name, property]) => {
      const their = theirs[name];
      if (!their) return [`${what}: the npm package has no ${name}`];
      return compareProperty(`${what}: ${name}`, their, property, sides);
    }),
  ];
}

function compareProperty(what: string, npm: Property, ours: Property, sides: Sides): string[] {
  const [their, own] = [referred(npm, sides.npm), referred(ours, sides.ours)];
  if (their?.properties && own?.properties) return compare(what, their, own, sides);
  if (npm.items && ours.items) return compareProperty(`${what}[]`, npm.items, ours.items, sides);
  if (npm.additionalProperties && ours.additionalProperties)
    return compareProperty(`${what}{}`, npm.additionalProperties, ours.additionalProperties, sides);
  const [theirs, here] = [kind(npm), kind(ours)];
  return theirs === here || here === ANYTHING ? [] : [`${what} is ${theirs} in the npm package, ${here} here`];
}

/** The kind of a property without a type in the plugin's schema. The npm package may have a more exact type. */
const ANYTHING = "anything";

function kind({ type, const: value, $ref }: Property): string {
  // TypeScript has no type for integers.
  if (type !== undefined) return type.replace("integer", "number");
  if (value !== undefined) return typeof value;
  return $ref && !$ref.startsWith("pulumi.json#") ? "an object" : ANYTHING;
}

function compareSecrets(token: string, npm: string[], resource: Resource): string[] {
  const ours = Object.entries(resource.properties ?? {}).flatMap(([name, { secret }]) => (secret ? [name] : []));
  const different = [...npm.filter((name) => !ours.includes(name)), ...ours.filter((name) => !npm.includes(name))];
  return different.map(
    (name) => `${token}: ${name} is secret ${npm.includes(name) ? "in the npm package" : "here"} only`,
  );
}
