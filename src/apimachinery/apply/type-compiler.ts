import type { Definitions, Schema } from '../schema/schema.ts';
import { anyAtomicType, anyType, type ApplyType, type Field, type ListType, type MapType } from './types.ts';

const REF = '#/definitions/';
const machinery = 'io.k8s.apimachinery.pkg';
const metaV1 = `${machinery}.apis.meta.v1`;

/** Facts that the OpenAPI definitions do not tell. */
export interface ApplyFacts {
  /** Fields, as `<definition>.<field>`, that are objects without being optional: absent and empty is the same. */
  readonly implied: ReadonlySet<string>;
  /** What list keys mean when an item leaves them out, as `<definition>.<field>`. */
  readonly keyDefaults: ReadonlyMap<string, string>;
}

/** The metadata that the server keeps for itself, so that nobody can own it. */
const unownedMetadata = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]);

/** Definitions whose values may be of more than one JSON type, or are not what their schema says. */
const named: ReadonlyMap<string, ApplyType> = new Map<string, ApplyType>([
  [`${machinery}.api.resource.Quantity`, { sort: 'scalar', scalar: 'untyped' }],
  [`${machinery}.util.intstr.IntOrString`, { sort: 'scalar', scalar: 'untyped' }],
  [`${machinery}.runtime.RawExtension`, anyType],
  [`${metaV1}.Time`, { sort: 'scalar', scalar: 'untyped' }],
  [`${metaV1}.MicroTime`, { sort: 'scalar', scalar: 'untyped' }],
  [`${metaV1}.FieldsV1`, anyType],
]);

/** Turns definitions into the types of apply, each when it is first looked into. */
export class TypeCompiler {
  readonly #definitions: Definitions;
  readonly #facts: ApplyFacts;
  readonly #structs = new Map<string, MapType>();
  readonly #roots = new Map<string, MapType>();

  constructor(definitions: Definitions, facts: ApplyFacts) {
    this.#definitions = definitions;
    this.#facts = facts;
  }

  /** The type of whole objects: what the server keeps for itself is owned by nobody. Unknown definitions take anything. */
  object(definition: string): MapType {
    let root = this.#roots.get(definition);
    if (!root) this.#roots.set(definition, (root = this.#root(definition)));
    return root;
  }

  #root(definition: string): MapType {
    const schema = this.#definitions.get(definition);
    const type = schema?.properties ? this.#struct(definition) : freeForm;
    const metadata = this.#struct(`${metaV1}.ObjectMeta`);
    const fields = new Map(type.fields);
    for (const name of ['apiVersion', 'kind']) fields.set(name, { type: scalar('string'), unowned: true });
    fields.set('metadata', { type: withUnowned(metadata), implied: true, holdsUnowned: true });
    for (const name of ['spec', 'status']) {
      const field = fields.get(name);
      if (field) fields.set(name, { ...field, implied: true });
    }
    return { ...type, sort: 'map', atomic: false, rest: type.rest, fields, implied: impliedOf(fields) };
  }

  #struct(name: string): MapType {
    let type = this.#structs.get(name);
    if (!type) this.#structs.set(name, (type = new Struct(() => this.#fields(name), this.#shape(name))));
    return type;
  }

  #shape(name: string): { atomic: boolean; rest: Field | undefined } {
    const schema = this.#definitions.get(name);
    return {
      atomic: schema?.['x-kubernetes-map-type'] === 'atomic',
      rest: schema?.['x-kubernetes-preserve-unknown-fields'] ? { type: anyType } : undefined,
    };
  }

  #fields(definition: string): ReadonlyMap<string, Field> {
    const { properties = {}, required = [] } = this.#definitions.get(definition) ?? {};
    const fields = new Map<string, Field>();
    for (const [name, schema] of Object.entries(properties)) {
      const type = this.#type(schema);
      const implied = this.#facts.implied.has(`${definition}.${name}`);
      const nullable = required.includes(name) && type.sort !== 'scalar' && !implied;
      fields.set(name, { type, ...(implied && { implied }), ...(nullable && { nullable }) });
    }
    return fields;
  }

  #type(schema: Schema): ApplyType {
    const type = schema.$ref ? this.#reference(schema.$ref.slice(REF.length)) : this.#inline(schema);
    const mapType = schema['x-kubernetes-map-type'];
    if (!mapType || type.sort !== 'map' || type.atomic === (mapType === 'atomic')) return type;
    return new Struct(() => type.fields, { atomic: mapType === 'atomic', rest: type.rest });
  }

  #reference(name: string): ApplyType {
    const schema = this.#definitions.get(name);
    const known = named.get(name);
    if (known || !schema) return known ?? anyAtomicType;
    return schema.properties ? this.#struct(name) : this.#type(schema);
  }

  #inline(schema: Schema): ApplyType {
    if (schema['x-kubernetes-int-or-string']) return scalar('untyped');
    if (schema['x-kubernetes-preserve-unknown-fields'] && !schema.properties) return anyType;
    switch (schema.type) {
      case 'string':
        return scalar(schema.format === 'date-time' || schema.format === 'int-or-string' ? 'untyped' : 'string');
      case 'boolean':
        return scalar('boolean');
      case 'integer':
      case 'number':
        return scalar('numeric');
      case 'array':
        return this.#list(schema);
      case 'object':
        return this.#map(schema);
      default:
        return schema.properties ? this.#map(schema) : anyAtomicType;
    }
  }

  #map(schema: Schema): ApplyType {
    const { properties, additionalProperties: more } = schema;
    if (!properties && !more) return freeForm;
    const atomic = schema['x-kubernetes-map-type'] === 'atomic';
    const open = more === true || schema['x-kubernetes-preserve-unknown-fields'];
    const rest = open ? { type: anyType } : typeof more === 'object' ? { type: this.#type(more) } : undefined;
    const fields = () => new Map(Object.entries(properties ?? {}).map(([name, s]) => [name, { type: this.#type(s) }]));
    return new Struct(fields, { atomic, rest });
  }

  #list(schema: Schema): ListType {
    const item = this.#type(schema.items ?? {});
    const { merge, keys } = listRule(schema);
    const keyDefaults = merge === 'map' ? this.#keyDefaults(schema.items ?? {}, keys) : {};
    return { sort: 'list', merge, keys: [...keys].sort(), keyDefaults, item };
  }

  /** Keys that every item has are empty where a client leaves them out. */
  #keyDefaults(item: Schema, keys: readonly string[]): Record<string, string | number | boolean> {
    const name = item.$ref?.slice(REF.length) ?? '';
    const schema = item.$ref ? this.#definitions.get(name) : item;
    const defaults: Record<string, string | number | boolean> = {};
    for (const key of keys) {
      const declared = this.#facts.keyDefaults.get(`${name}.${key}`) ?? schema?.properties?.[key]?.default;
      const zero = item.$ref && schema?.required?.includes(key) ? zeroOf(schema.properties?.[key]) : undefined;
      const value = declared ?? zero;
      if (value !== undefined) defaults[key] = value as string;
    }
    return defaults;
  }
}

/** A map whose fields are made when they are first asked for: definitions refer to each other in circles. */
class Struct implements MapType {
  readonly sort = 'map';
  readonly atomic: boolean;
  readonly rest: Field | undefined;
  readonly #make: () => ReadonlyMap<string, Field>;
  #fields: ReadonlyMap<string, Field> | undefined;
  #implied: MapType['implied'] | undefined;

  constructor(make: () => ReadonlyMap<string, Field>, shape: { atomic: boolean; rest: Field | undefined }) {
    this.#make = make;
    this.atomic = shape.atomic;
    this.rest = shape.rest;
  }

  get fields(): ReadonlyMap<string, Field> {
    return (this.#fields ??= this.#make());
  }

  get implied(): MapType['implied'] {
    return (this.#implied ??= impliedOf(this.fields));
  }
}

const freeForm: MapType = { sort: 'map', atomic: false, fields: new Map(), rest: { type: anyType }, implied: [] };

function impliedOf(fields: ReadonlyMap<string, Field>): MapType['implied'] {
  return [...fields].filter(([, field]) => field.implied);
}

function scalar(kind: 'string' | 'numeric' | 'boolean' | 'untyped'): ApplyType {
  return { sort: 'scalar', scalar: kind };
}

function withUnowned(metadata: MapType): MapType {
  const fields = new Map<string, Field>();
  for (const [name, field] of metadata.fields) {
    fields.set(name, unownedMetadata.has(name) ? { ...field, unowned: true } : field);
  }
  return { sort: 'map', atomic: false, rest: metadata.rest, fields, implied: [] };
}

/** Older definitions say how lists merge by their patch strategy only. */
function listRule(schema: Schema): { merge: ListType['merge']; keys: readonly string[] } {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const merge = schema['x-kubernetes-list-type'];
  if (merge) return { merge: merge === 'map' && keys.length === 0 ? 'atomic' : merge, keys };
  if (!schema['x-kubernetes-patch-strategy']?.split(',').includes('merge')) return { merge: 'atomic', keys: [] };
  const key = schema['x-kubernetes-patch-merge-key'];
  return key ? { merge: 'map', keys: [key] } : { merge: 'set', keys: [] };
}

function zeroOf(schema: Schema | undefined): string | number | boolean | undefined {
  if (schema?.type === 'string') return '';
  if (schema?.type === 'integer' || schema?.type === 'number') return 0;
  return schema?.type === 'boolean' ? false : undefined;
}
