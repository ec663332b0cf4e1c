import { isObject, MARK } from "../../schemas/check";
import { ObjectType, Property, referred, Types } from "../../schemas/schema";

/**
 * Returns the object with a marker for each required property that it lacks. Without the marker a program would read
 * undefined when a mock leaves out an output, and many programs work with undefined unnoticed.
 */
export function withUnset(where: string, value: object, type: ObjectType, types: Types): Record<string, unknown> {
  const { properties = {}, required = [] } = type;
  const unset = required.map((name) => [name, `«${where}.${name}»`]);
  const given = Object.entries(value).map(([name, v]) => [
    name,
    name in properties ? fill(`${where}.${name}`, v, properties[name]!, types) : (v as unknown),
  ]);
  return Object.fromEntries([...unset, ...given]) as Record<string, unknown>;
}

function fill(where: string, value: unknown, property: Property, types: Types): unknown {
  const { items } = property;
  if (Array.isArray(value) && items) return value.map((v, i) => fill(`${where}[${i}]`, v, items, types));
  const named = referred(property, types);
  return named && isObject(value) && !(MARK in value) ? withUnset(where, value, named, types) : value;
}

/** The names of the outputs whose marker is in `value`. */
export function unsetIn(value: unknown): string[] {
  return [...new Set([...JSON.stringify(value).matchAll(/«([^»]*)»/g)].map(([, where]) => where!))];
}
