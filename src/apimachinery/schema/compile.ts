import type { Cursor } from './decode-error.ts';
import * as scalars from './scalars.ts';
import type { Decode, Type } from './scalars.ts';
import type { Definitions, Schema } from './schema.ts';

const REF = '#/definitions/';

type Fields = Record<string, unknown>;

/**
 * The fields of a definition for which 0, false and '' say as much as saying nothing, so that they are left out: those
 * that Go keeps without a pointer and omits when they are empty.
 */
export type UnsetZeros = (definition: string) => ReadonlySet<string>;

const none: ReadonlySet<string> = new Set();

/** Turns schemas into functions, each definition once, when it is first used. */
export class Compiler {
  readonly #definitions: Definitions;
  readonly #unsetZeros: UnsetZeros;
  readonly #types = new Map<string, Type>();

  constructor(definitions: Definitions, unsetZeros: UnsetZeros) {
    this.#definitions = definitions;
    this.#unsetZeros = unsetZeros;
  }

  /** @throws Error when there is no such definition */
  definition(name: string): Type {
    return this.#types.get(name) ?? this.#add(name);
  }

  #add(name: string): Type {
    const schema = this.#definitions.get(name);
    if (!schema) throw new Error(`there is no definition ${name}`);
    const [version, short] = name.split('.').slice(-2) as [string, string];
    const known = Object.hasOwn(scalars.namedTypes, name) ? scalars.namedTypes[name] : undefined;
    const type = known ?? this.#schema(schema, `${version}.${short}`, this.#unsetZeros(name));
    this.#types.set(name, type);
    return type;
  }

  #schema(schema: Schema, goName: string, unsetZeros = none): Type {
    if (schema.$ref) return this.#reference(schema.$ref.slice(REF.length));
    if (schema['x-kubernetes-int-or-string']) return scalars.intOrStringType;
    switch (schema.type) {
      case 'string':
        return schema.format === 'byte' ? scalars.bytesType : scalars.stringType;
      case 'boolean':
        return scalars.booleanType;
      case 'integer':
        return schema.format === 'int32' ? scalars.int32Type : scalars.int64Type;
      case 'number':
        return scalars.numberType;
      case 'array':
        return arrayType(this.#schema(schema.items ?? {}, goName));
      case 'object':
        return this.#object(schema, goName, unsetZeros);
      default:
        return scalars.anyType;
    }
  }

  /** Definitions refer to each other in circles, so the other end is looked up when a value comes by. */
  #reference(name: string): Type {
    const [version, short] = name.split('.').slice(-2) as [string, string];
    const named = Object.hasOwn(scalars.namedTypes, name) ? scalars.namedTypes[name] : undefined;
    if (named) return named;
    let target: Decode | undefined;
    const decode: Decode = (value, at) => (target ??= this.definition(name).decode)(value, at);
    return { goType: `${version}.${short}`, zero: () => ({}), decode };
  }

  #object(schema: Schema, goName: string, unsetZeros: ReadonlySet<string>): Type {
    const { properties, additionalProperties } = schema;
    if (!properties && typeof additionalProperties === 'object')
      return mapType(this.#schema(additionalProperties, goName));
    if (!properties && additionalProperties) return scalars.anyType;
    const fields = new Map<string, StructField>();
    for (const [name, field] of Object.entries(properties ?? {})) {
      const dropsEmpty = isCollection(field) && !schema.required?.includes(name) && !keptEmpty.has(name);
      fields.set(name, { decode: this.#schema(field, goName).decode, dropsEmpty, dropsZero: unsetZeros.has(name) });
    }
    return structType(goName, fields, schema['x-kubernetes-preserve-unknown-fields'] === true);
  }
}

interface StructField {
  readonly decode: Decode;
  /** Whether it is the same as absent when it is empty, as lists and maps of the built-in kinds are. */
  readonly dropsEmpty: boolean;
  readonly dropsZero: boolean;
}

/** An empty list of managers asks to forget them all. */
const keptEmpty = new Set(['managedFields', 'policies']);

/** Whether a field is a list, or a map with keys of the users' own. */
function isCollection({ type, additionalProperties }: Schema): boolean {
  return type === 'array' || (type === 'object' && typeof additionalProperties === 'object');
}

function arrayType(item: Type): Type {
  const goType = `[]${item.goType}`;
  const decode: Decode = (value, at) => {
    if (!Array.isArray(value)) throw at.mismatch(value, goType);
    for (let i = 0; i < value.length; i++) {
      at.push(i);
      const before: unknown = value[i];
      const after = before === null ? item.zero() : item.decode(before, at);
      if (after !== before) value[i] = after;
      at.pop();
    }
    return value;
  };
  return { goType, zero: () => [], decode };
}

function mapType(item: Type): Type {
  const goType = `map[string]${item.goType}`;
  const decode: Decode = (value, at) => {
    if (!isObject(value)) throw at.mismatch(value, goType);
    for (const key in value) {
      const before = value[key];
      at.push({ key });
      const after = before === null ? item.zero() : item.decode(before, at);
      at.pop();
      if (after !== before) value[key] = after;
    }
    return value;
  };
  return { goType, zero: () => ({}), decode };
}

function structType(goType: string, fields: ReadonlyMap<string, StructField>, keepUnknown: boolean): Type {
  const struct = goType.slice(goType.indexOf('.') + 1);
  const decode: Decode = (value, at) => {
    if (!isObject(value)) throw at.mismatch(value, goType);
    const outer = at.struct;
    at.struct = struct;
    let drop: Set<string> | undefined;
    for (const key in value) {
      const before = value[key];
      const field = fields.get(key);
      if (field === undefined) {
        if (keepUnknown) continue;
        at.noteUnknown(key);
        (drop ??= new Set()).add(key);
      } else if (before === null) {
        (drop ??= new Set()).add(key);
      } else {
        const after = decodeField(value, key, before, field.decode, at);
        if ((field.dropsEmpty && isEmpty(after)) || (field.dropsZero && !after)) (drop ??= new Set()).add(key);
      }
    }
    at.struct = outer;
    return drop ? without(value, drop) : value;
  };
  return { goType, zero: () => ({}), decode };
}

function decodeField(object: Fields, key: string, before: unknown, field: Decode, at: Cursor): unknown {
  at.push(key);
  const after = field(before, at);
  if (after !== before) object[key] = after;
  at.pop();
  return after;
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const _ in value) return false;
  return true;
}

/** A copy: `delete` would make the object slow for everyone who handles it later. */
function without(object: Fields, drop: ReadonlySet<string>): Fields {
  const kept: Fields = {};
  for (const key in object) if (!drop.has(key)) kept[key] = object[key];
  return kept;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
