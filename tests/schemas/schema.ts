/** The parts of a Pulumi package schema that these tests use. */
export interface Schema {
  provider?: Resource;
  resources: Record<string, Resource>;
  functions?: Record<string, Fn>;
  types?: Types;
}

/** Types by their `$ref`, without "#/types/". */
export type Types = Record<string, ObjectType>;

export interface Resource {
  inputProperties?: Record<string, Property>;
  requiredInputs?: string[];
  properties?: Record<string, Property>;
  /** Outputs that always have a value. */
  required?: string[];
}

export interface Fn {
  inputs?: ObjectType;
}

/** An object type. With `enum`, one of these values instead. */
export interface ObjectType {
  properties?: Record<string, Property>;
  required?: string[];
  enum?: { value: unknown }[];
  language?: { nodejs?: { requiredOutputs?: string[] } };
}

/** The type of a property. Without any of these fields, it may be anything. */
export interface Property {
  type?: "string" | "number" | "integer" | "boolean" | "array" | "object";
  items?: Property;
  additionalProperties?: Property;
  oneOf?: Property[];
  $ref?: string;
  const?: unknown;
  secret?: boolean;
}

/** The type of a resource's inputs. */
export const inputsOf = ({ inputProperties = {}, requiredInputs = [] }: Resource): ObjectType => ({
  properties: inputProperties,
  required: requiredInputs,
});

/** The type of a resource's outputs. */
export const outputsOf = ({ properties = {}, required = [] }: Resource): ObjectType => ({ properties, required });

/** Types as they are in outputs, where a property can be required that is optional in inputs. */
export const asOutputs = (types: Types): Types =>
  Object.fromEntries(
    Object.entries(types).map(([id, { language, ...type }]) => [
      id,
      { ...type, required: language?.nodejs?.requiredOutputs ?? type.required ?? [] },
    ]),
  );

const REF = "#/types/";
export const ref = (name: string): Property => ({ $ref: `${REF}${name}` });

/** The type that a property refers to. Undefined for Pulumi's own types, such as assets. */
export function referred({ $ref }: Property, types: Types): ObjectType | undefined {
  if (!$ref?.startsWith(REF)) return undefined;
  return types[decodeURIComponent($ref.slice(REF.length))];
}
