import { nearest } from "../../settings/nearest";
import { ObjectType, Property, referred, Types } from "./schema";

/**
 * Returns a line for everything in an object that does not follow its type; each line begins with `where`. Null counts as a
 * value of any type, because a provider returns it for an output without a value.
 */
export function checkObject(where: string, value: object, type: ObjectType, types: Types): string[] {
  const { properties = {}, required = [] } = type;
  const given = Object.entries(value).filter(([, v]) => v !== undefined);
  const missing = required.filter((name) => !given.some(([key]) => key === name));
  return [
    ...missing.map((name) => `${where}.${name} is missing`),
    ...given.flatMap(([name, v]) => {
      const property = properties[name];
      if (property) return checkProperty(`${where}.${name}`, v, property, types);
      const near = nearest(name, Object.keys(properties));
      return [`${where}.${name} is unknown${near ? `; did you mean ${near}?` : ""}`];
    }),
  ];
}

function checkProperty(where: string, value: unknown, property: Property, types: Types): string[] {
  if (value === null) return [];
  const { type, items, additionalProperties, oneOf } = property;
  const wrong = (expected: string) => [`${where} is ${JSON.stringify(value)}, not ${expected}`];
  const among = (values: unknown[]) =>
    values.includes(value) ? [] : wrong(values.map((v) => JSON.stringify(v)).join(" or "));

  if (oneOf) {
    const tries = oneOf.map((alternative) => checkProperty(where, value, alternative, types));
    return tries.reduce((best, next) => (next.length < best.length ? next : best));
  }
  if ("const" in property) return among([property.const]);
  const named = referred(property, types);
  if (named?.enum) return among(named.enum.map((e) => e.value));
  if (named) return isObject(value) ? checkObject(where, value, named, types) : wrong("an object");
  switch (type) {
    case undefined:
      return [];
    case "object":
      if (!isObject(value)) return wrong("an object");
      return Object.entries(value).flatMap(([key, v]) =>
        checkProperty(`${where}[${JSON.stringify(key)}]`, v, additionalProperties ?? {}, types),
      );
    case "array":
      if (!Array.isArray(value)) return wrong("a list");
      return value.flatMap((v, i) => checkProperty(`${where}[${i}]`, v, items ?? {}, types));
    case "integer":
      return Number.isInteger(value) ? [] : wrong("an integer");
    case "boolean":
    case "number":
    case "string":
      return typeof value === type ? [] : wrong(`a ${type}`);
  }
}

/** The key by which the engine marks a secret, in its protocol and in a stack's state. */
export const MARK = "4dabf18193072939515e22adb298388d";

export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the value with all secrets in it in plain text. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  if (MARK in value) {
    const { plaintext, value: inner } = value as { plaintext?: string; value?: unknown };
    return plain(plaintext === undefined ? inner : JSON.parse(plaintext));
  }
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, plain(v)]));
}

/** Returns inputs as a provider sees them. It treats null as absent. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const given = Object.entries(value).filter(([, v]) => v !== null);
  return Object.fromEntries(given.map(([key, v]) => [key, withoutNulls(v)]));
}

/** Decodes a provider's own inputs. The engine passes every value except strings as JSON. */
export function providerInputs(inputs: object, { properties = {} }: ObjectType): object {
  const isJson = (name: string, value: unknown) =>
    typeof value === "string" && name in properties && properties[name]!.type !== "string";
  const decoded = Object.entries(inputs).map(([name, value]: [string, unknown]) => [
    name,
    isJson(name, value) ? (JSON.parse(value as string) as unknown) : value,
  ]);
  return Object.fromEntries(decoded) as object;
}
