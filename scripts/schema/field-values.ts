import type { Schema } from '../../src/apimachinery/schema/schema.ts';
import { scalars } from './scalars.ts';
import { defaults, enumerations, optionalStructures, presentStructures, type FieldValues } from './values.ts';

const REF = '#/definitions/';
const zeros: Readonly<Record<string, unknown>> = { string: '', integer: 0, number: 0, boolean: false };

/**
 * Defaults and enumerations of all fields, by definition and field. Besides what `values.ts` declares: required scalars,
 * items and values of maps have the zero of their type, structures that are always there `{}`.
 * @throws Error when `values.ts` names a field that does not exist
 */
export function allFieldValues(definitions: Readonly<Record<string, Schema>>): Record<string, object> {
  const unused = new Set([...Object.keys(enumerations), ...Object.keys(defaults), ...optionalStructures]);
  for (const field of presentStructures) if (field.includes('.')) unused.add(field);
  const all: Record<string, Record<string, FieldValues>> = {};
  for (const [name, { properties = {}, required = [] }] of Object.entries(definitions)) {
    for (const [field, schema] of Object.entries(properties)) {
      const key = `${name.split('.').at(-1)}.${field}`;
      unused.delete(key);
      const values = fieldValues(key, schema, required.includes(field));
      if (Object.keys(values).length > 0) (all[name] ??= {})[field] = values;
    }
  }
  if (unused.size > 0) throw new Error(`values.ts names fields that do not exist: ${[...unused].join(', ')}`);
  return all;
}

function fieldValues(key: string, schema: Schema, required: boolean): FieldValues {
  const values = nestedValues(schema);
  const present = required ? !optionalStructures.has(key) : isPresent(key);
  if (Object.hasOwn(defaults, key)) values.default = defaults[key];
  else if (required || schema.$ref) Object.assign(values, present && zeroOf(schema));
  const choices = enumerations[key];
  if (choices) Object.assign(schema.type === 'array' ? values.items! : values, { enum: choices });
  return values;
}

function isPresent(key: string): boolean {
  return presentStructures.has(key) || presentStructures.has(key.slice(key.indexOf('.') + 1));
}

/** What holds for the items of lists and the values of maps, which are never absent. */
function nestedValues({ items, additionalProperties }: Schema): FieldValues {
  const ofItems = items && { ...nestedValues(items), ...zeroOf(items) };
  const rest = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const ofRest = rest && { ...nestedValues(rest), ...zeroOf(rest) };
  return {
    ...(ofItems && Object.keys(ofItems).length > 0 && { items: ofItems }),
    ...(ofRest && Object.keys(ofRest).length > 0 && { additionalProperties: ofRest }),
  };
}

function zeroOf({ $ref, type, format }: Schema): FieldValues {
  if ($ref) return Object.hasOwn(scalars, $ref.slice(REF.length)) ? {} : { default: {} };
  return type && Object.hasOwn(zeros, type) && format !== 'byte' ? { default: zeros[type] } : {};
}
