/**
 * Makes generated/definitions.json and generated/descriptions.json: the OpenAPI definitions of all built-in kinds, from the
 * installed client-node (names, types, formats, required, descriptions) and facts.json (what client-node leaves out: full
 * names, group-version-kinds, list and map types, patch strategies, raw and quantity types). And generated/protobuf.json,
 * the wire numbers of the same types, from protobuf.json; and generated/values.json, defaults and enumerations (values.ts).
 * Usage: node scripts/schema/derive.ts [--force]. Does nothing when the files are up to date.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Schema } from '../../src/apimachinery/schema/schema.ts';
import { classNames, readModel, type Model, type ModelField } from './models.ts';
import { allFieldValues } from './field-values.ts';
import { fieldTexts } from './field-texts.ts';
import { metricsDefinitions } from './metrics-definitions.ts';
import { scalars } from './scalars.ts';

/** What stands in facts.json for one definition; `fields` is in the notation that `applyFieldFacts` reads. */
interface Facts {
  kinds?: string[];
  mapType?: 'atomic' | 'granular';
  unions?: unknown[];
  fields?: Record<string, string>;
}

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const clientNode = join(root, 'node_modules/@kubernetes/client-node');
const output = join(root, 'generated');
const results = ['definitions.json', 'descriptions.json', 'protobuf.json', 'values.json'];
const REF = '#/definitions/';
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Everything that the result depends on. */
function stamp(): string {
  const hash = createHash('sha256').update(readFileSync(join(clientNode, 'package.json')));
  for (const file of readdirSync(here).toSorted()) hash.update(readFileSync(join(here, file)));
  return hash.digest('hex');
}

function isCurrent(wanted: string): boolean {
  const file = join(output, 'schema.stamp');
  const made = results.every((f) => existsSync(join(output, f)));
  return made && existsSync(file) && readFileSync(file, 'utf8') === wanted;
}

/**
 * The full name of each class. A class is called by version and kind (`V1Pod`); where two groups have one of the same
 * name, the group's first part stands before it (`CoreV1Event`).
 */
function fullNames(classes: readonly string[], known: readonly string[]): Map<string, string> {
  const byClass = new Map<string, string[]>();
  for (const full of known) {
    const [version, kind] = full.split('.').slice(-2) as [string, string];
    const name = version[0]!.toUpperCase() + version.slice(1) + kind;
    byClass.set(name, [...(byClass.get(name) ?? []), full]);
  }
  return new Map(classes.map((name) => [name, fullName(name, byClass)]));
}

function fullName(className: string, byClass: ReadonlyMap<string, string[]>): string {
  const direct = byClass.get(className);
  if (direct?.length === 1) return direct[0]!;
  const [, group, rest] = /^([A-Z][a-z]+)(V\d.*)$/.exec(className) ?? [];
  const full = byClass.get(rest ?? '')?.find((f) => f.split('.').at(-3) === group!.toLowerCase());
  if (!full) throw new Error(`facts.json does not know the full name of client-node's class ${className}`);
  return full;
}

const simpleTypes: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  Date: ref(`${meta}.Time`),
  V1MicroTime: ref(`${meta}.MicroTime`),
  IntOrString: ref('io.k8s.apimachinery.pkg.util.intstr.IntOrString'),
};

function ref(name: string): Schema {
  return { $ref: REF + name };
}

/** `innermost` replaces the type inside arrays and maps, where client-node has resolved it to something wider. */
function typeSchema(
  type: string,
  format: string,
  names: ReadonlyMap<string, string>,
  innermost: string | undefined,
): Schema {
  const array = /^Array<(.*)>$/.exec(type)?.[1];
  if (array) return { type: 'array', items: typeSchema(array, format, names, innermost) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map) return { type: 'object', additionalProperties: typeSchema(map, format, names, innermost) };
  if (innermost) return ref(innermost);
  const simple = simpleTypes[type];
  if (!simple) {
    const full = names.get(type);
    if (!full) throw new Error(`client-node uses a type that is not understood: ${type}`);
    return ref(full);
  }
  if (simple.$ref) return { ...simple };
  if (format.startsWith('int')) return { type: 'integer', format };
  return format ? { ...simple, format } : { ...simple };
}

/**
 * Reads the notation of facts.json, words parted by spaces: `=Quantity` (the true type), `list:atomic`, `list:map(name)`,
 * `patch:merge(name)`, `patch:retainKeys`, `map:atomic`.
 */
function applyFieldFacts(schema: Schema, words: readonly string[]): void {
  for (const word of words) {
    const [, what, value, keys] = /^(list|patch|map):([\w,]+)(?:\((.*)\))?$/.exec(word) ?? [];
    if (what === 'list') {
      schema['x-kubernetes-list-type'] = value as 'atomic' | 'set' | 'map';
      if (keys) schema['x-kubernetes-list-map-keys'] = keys.split(',');
    } else if (what === 'patch') {
      schema['x-kubernetes-patch-strategy'] = value!;
      if (keys) schema['x-kubernetes-patch-merge-key'] = keys;
    } else if (what === 'map') {
      schema['x-kubernetes-map-type'] = value as 'atomic' | 'granular';
    } else throw new Error(`facts.json: "${word}" is not understood`);
  }
}

/** The text of a field that refers to the definition `target`. */
function fieldText(definition: string, field: string, target: string): string | undefined {
  const [type, targetType] = [definition, target].map((name) => name.split('.').at(-1));
  return fieldTexts[`${type}.${field}`] ?? fieldTexts[`${field} ${targetType}`] ?? fieldTexts[field];
}

class Derivation {
  readonly facts: Record<string, Facts>;
  readonly names: ReadonlyMap<string, string>;
  readonly definitions: Record<string, Schema> = {};
  /** By definition, then by field; the definition's own is under the empty name. */
  readonly descriptions: Record<string, Record<string, string>> = {};

  constructor(facts: Record<string, Facts>, classes: readonly string[]) {
    this.facts = facts;
    this.names = fullNames(classes, Object.keys(facts));
  }

  addModel(model: Model): void {
    const name = this.names.get(model.className)!;
    const schema: Schema = { type: 'object' };
    const texts: Record<string, string> = { ...(model.description && { '': model.description }) };
    for (const field of model.fields) {
      schema.properties ??= {};
      schema.properties[field.baseName] = this.#field(field, this.facts[name]?.fields?.[field.baseName]);
      if (field.description) texts[field.baseName] = field.description;
    }
    const required = model.fields.filter((f) => f.required).map((f) => f.baseName);
    if (required.length > 0) schema.required = required;
    this.definitions[name] = Object.assign(schema, this.#extensions(name));
    this.descriptions[name] = texts;
  }

  addScalar(name: string, { description = '', ...schema }: Schema): void {
    this.definitions[name] = schema;
    this.descriptions[name] = { '': description };
  }

  /** A type that is written down in full, with the texts of its fields. */
  addObject(name: string, { properties = {}, ...schema }: Schema): void {
    this.addScalar(name, schema);
    const fields = Object.entries(properties);
    if (fields.length === 0) return;
    const bare: Record<string, Schema> = {};
    for (const [field, { description, ...rest }] of fields) {
      bare[field] = rest;
      if (description) this.descriptions[name]![field] = description;
    }
    this.definitions[name] = { ...this.definitions[name]!, properties: bare };
  }

  /**
   * Fields that refer to another definition have no text of their own in client-node, or a repetition of the whole text
   * of their type. They get one from `field-texts.ts`, or none, as clients show the type's text behind it.
   */
  completeDescriptions(): void {
    for (const [name, schema] of Object.entries(this.definitions)) {
      const texts = this.descriptions[name]!;
      for (const [field, { $ref }] of Object.entries(schema.properties ?? {})) {
        if (!$ref) continue;
        const target = $ref.slice(REF.length);
        if (texts[field] && texts[field] !== this.descriptions[target]?.['']) continue;
        const text = fieldText(name, field, target);
        if (text) texts[field] = text;
        else delete texts[field];
      }
    }
  }

  #field(field: ModelField, facts = ''): Schema {
    const words = facts.split(' ').filter(Boolean);
    const wider = words.find((w) => w.startsWith('='))?.slice(1);
    const innermost = wider && this.#scalarName(wider);
    const schema = typeSchema(field.type, field.format, this.names, innermost);
    applyFieldFacts(
      schema,
      words.filter((w) => !w.startsWith('=')),
    );
    return schema;
  }

  #scalarName(short: string): string {
    const full = Object.keys(scalars).find((name) => name.endsWith(`.${short}`));
    if (!full) throw new Error(`facts.json: there is no scalar ${short}`);
    return full;
  }

  #extensions(name: string): Partial<Schema> {
    const { kinds, mapType, unions } = this.facts[name] ?? {};
    const gvks = this.#everywhere.has(name) ? this.#allVersions(name.split('.').at(-1)!) : kinds?.map(parseGvk);
    return {
      ...(gvks && { 'x-kubernetes-group-version-kind': gvks }),
      ...(mapType && { 'x-kubernetes-map-type': mapType }),
      ...(unions && { 'x-kubernetes-unions': unions }),
    };
  }

  /** These are kinds of every group and version. */
  readonly #everywhere = new Set([`${meta}.DeleteOptions`, `${meta}.WatchEvent`]);

  #allVersions(kind: string) {
    const gvks = Object.values(this.facts)
      .flatMap((f) => f.kinds ?? [])
      .map(parseGvk);
    const versions = new Map(
      gvks.map((g) => [`${g.group}/${g.version}`, { group: g.group, kind, version: g.version }]),
    );
    return [...versions.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, gvk]) => gvk);
  }
}

function parseGvk(text: string): { group: string; version: string; kind: string } {
  const [group, version, kind] = text.split('/') as [string, string, string];
  return { group, version, kind };
}

/** Written under another name first, so that nobody reads half a file. */
function write(file: string, text: string): void {
  const path = join(output, file);
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function derive(): Derivation {
  const models = join(clientNode, 'dist/gen/models');
  const facts = JSON.parse(readFileSync(join(here, 'facts.json'), 'utf8')) as Record<string, Facts>;
  const classes = classNames(models);
  const derivation = new Derivation(facts, classes);
  for (const className of classes) derivation.addModel(readModel(models, className));
  for (const [name, schema] of Object.entries(scalars)) derivation.addScalar(name, schema);
  for (const [name, schema] of Object.entries(metricsDefinitions)) derivation.addObject(name, schema);
  derivation.completeDescriptions();
  return derivation;
}

const wanted = stamp();
if (process.argv.includes('--force') || !isCurrent(wanted)) {
  const { definitions, descriptions } = derive();
  mkdirSync(output, { recursive: true });
  write('definitions.json', JSON.stringify(sorted(definitions)));
  write('descriptions.json', JSON.stringify(sorted(descriptions)));
  write('protobuf.json', JSON.stringify(JSON.parse(readFileSync(join(here, 'protobuf.json'), 'utf8'))));
  write('values.json', JSON.stringify(sorted(allFieldValues(definitions))));
  write('schema.stamp', wanted);
  console.log(`generated/: ${Object.keys(definitions).length} definitions`);
}
