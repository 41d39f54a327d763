import { readFileSync } from 'node:fs';
import type { MessageFacts } from '../apimachinery/protobuf/fields.ts';
import type { Definitions, Schema } from '../apimachinery/schema/schema.ts';

let loaded: Definitions | undefined;

/**
 * The OpenAPI definitions of all built-in kinds, without descriptions: what decoding and patching need. Read once, on
 * first use.
 * @throws Error naming the command that makes the file when it is missing
 */
export function definitions(): Definitions {
  loaded ??= fromRecord(read('definitions.json') as Record<string, Schema>);
  return loaded;
}

/**
 * The same with descriptions, for OpenAPI documents. They are several times as large, so they are read anew on every
 * call and freed with the documents that were made of them.
 */
export function describedDefinitions(): Definitions {
  const schemas = read('definitions.json') as Record<string, Schema>;
  const descriptions = read('descriptions.json') as Record<string, { '': string } & Record<string, string>>;
  for (const [name, texts] of Object.entries(descriptions)) describe(schemas[name], texts);
  return fromRecord(schemas);
}

/** What OpenAPI 3 says about a field beyond `Schema`'s facts: defaults and enumerations, in the shape of the field. */
export type FieldValues = Pick<Schema, 'default' | 'enum' | 'items' | 'additionalProperties'>;

/** By definition, then by field. */
export type AllFieldValues = Readonly<Record<string, Readonly<Record<string, FieldValues>>>>;

/** Defaults and enumerations of the fields of built-in types, by definition and field. Read anew on every call. */
export function fieldValues(): AllFieldValues {
  return read('values.json') as AllFieldValues;
}

/** Changes whenever the built-in definitions do. */
export function definitionsStamp(): string {
  return readText('schema.stamp');
}

/** The wire numbers of all built-in types. */
export function protobufFacts(): MessageFacts {
  return read('protobuf.json') as MessageFacts;
}

/** Definitions kept in a plain object. */
export function fromRecord(schemas: Readonly<Record<string, Schema>>): Definitions {
  const byName = new Map(Object.entries(schemas));
  return { get: (name) => byName.get(name), names: () => byName.keys() };
}

function describe(schema: Schema | undefined, texts: Readonly<Record<string, string>>): void {
  if (!schema) return;
  for (const [field, description] of Object.entries(texts)) {
    const target = field === '' ? schema : schema.properties?.[field];
    if (target) target.description = description;
  }
}

function read(file: string): unknown {
  return JSON.parse(readText(file));
}

/** `generated/` stands beside `src/` and beside `dist/`, which mirrors it. */
function readText(file: string): string {
  const url = new URL(`../../generated/${file}`, import.meta.url);
  try {
    return readFileSync(url, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`generated/${file} is missing: make it with \`node scripts/schema/derive.ts\``, { cause: error });
  }
}
