import type { Json } from '../../apimachinery/object.ts';

/** The part of JSON Schema that definitions of custom resources may use (and what they may not, to say so). */
export interface JsonSchema {
  type?: string;
  format?: string;
  description?: string;
  title?: string;
  default?: Json;
  example?: Json;
  nullable?: boolean;
  enum?: Json[];
  required?: string[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  uniqueItems?: boolean;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema | JsonSchema[];
  allOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  not?: JsonSchema;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: ValidationRule[];
  [notSupported: string]: unknown;
}

/** A rule in the expression language, about the value at which it stands. */
export interface ValidationRule {
  rule?: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** The schema of the items of a list, if it is one. */
export function itemsOf(schema: JsonSchema): JsonSchema | undefined {
  return Array.isArray(schema.items) ? undefined : schema.items;
}

/** The schema that a path of fields (`.spec.size`) leads to, if there is one. */
export function schemaAt(schema: JsonSchema | undefined, jsonPath: string): JsonSchema | undefined {
  return jsonPath
    .split('.')
    .slice(1)
    .reduce<JsonSchema | undefined>((at, name) => {
      const known = at?.properties && Object.hasOwn(at.properties, name) ? at.properties[name] : undefined;
      return known;
    }, schema);
}
