/** The parts of a Pulumi package schema that are looked at here. */
export interface Schema {
  provider?: Resource;
  resources: Record<string, Resource>;
  functions?: Record<string, Fn>;
  types?: Types;
}

/** By their `$ref`, without "#/types/". */
export type Types = Record<string, ObjectType>;

export interface Resource {
  inputProperties?: Record<string, Property>;
  requiredInputs?: string[];
  properties?: Record<string, Property>;
  /** Outputs that are always there. */
  required?: string[];
}

export interface Fn {
  inputs?: ObjectType;
}

/** An object, or with `enum` one of these values. */
export interface ObjectType {
  properties?: Record<string, Property>;
  required?: string[];
  enum?: { value: unknown }[];
  language?: { nodejs?: { requiredOutputs?: string[] } };
}

/** Anything at all when none of these is given. */
export interface Property {
  type?: "string" | "number" | "integer" | "boolean" | "array" | "object";
  items?: Property;
  additionalProperties?: Property;
  oneOf?: Property[];
  $ref?: string;
  const?: unknown;
  secret?: boolean;
}

/** What is given to a resource. */
export const inputsOf = ({ inputProperties = {}, requiredInputs = [] }: Resource): ObjectType => ({
  properties: inputProperties,
  required: requiredInputs,
});

/** What it has afterwards. */
export const outputsOf = ({ properties = {}, required = [] }: Resource): ObjectType => ({ properties, required });

/** Types as they are in outputs, where a property may always be there that need not be given. */
export const asOutputs = (types: Types): Types =>
  Object.fromEntries(
    Object.entries(types).map(([id, { language, ...type }]) => [
      id,
      { ...type, required: language?.nodejs?.requiredOutputs ?? type.required ?? [] },
    ]),
  );

const REF = "#/types/";
export const ref = (name: string): Property => ({ $ref: `${REF}${name}` });

/** The type that a property refers to; none for those of Pulumi itself, such as assets. */
export function referred({ $ref }: Property, types: Types): ObjectType | undefined {
  if (!$ref?.startsWith(REF)) return undefined;
  return types[decodeURIComponent($ref.slice(REF.length))];
}
