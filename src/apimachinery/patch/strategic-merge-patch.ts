import { badRequest } from '../api-error.ts';
import type { Json } from '../object.ts';
import type { Definitions, Schema } from '../schema/schema.ts';
import { copyJson, isJsonObject, type JsonObject } from '../json-value.ts';
import { mergeOrder } from './element-order.ts';
import { failedPatch } from './patch-error.ts';
import { goText, goType } from '../go-text.ts';

const DIRECTIVE = '$patch';
const RETAIN = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';

/**
 * Applies a strategic merge patch to an object of the definition called `definition` and returns the new object, which
 * shares nothing with the arguments. Lists whose field has a merge strategy are merged by key, all others replaced; the
 * directives `$patch`, `$retainKeys`, `$setElementOrder/<field>` and `$deleteFromPrimitiveList/<field>` are obeyed. See
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 * @throws ApiError BadRequest when the patch is malformed, Invalid (422) when an item lacks its list's merge key
 */
export function applyStrategicMergePatch<T>(
  object: T,
  patch: unknown,
  definitions: Definitions,
  definition: string,
): T {
  if (!isJsonObject(patch)) throw badRequest('invalid JSON document: a strategic merge patch must be an object');
  const schema = definitions.get(definition);
  if (!schema) throw badRequest(`strategic merge patch format is not supported for ${definition}`);
  return new Merge(definitions).object(copyJson(object) as JsonObject, patch, schema) as T;
}

/** Merges into values that are ours already; what it takes from the patch it copies. */
class Merge {
  readonly #definitions: Definitions;

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  object(target: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
    const directive = patch[DIRECTIVE];
    if (directive === 'delete') return {};
    if (directive === 'replace') return this.#plain(patch);
    if (directive !== undefined && directive !== 'merge')
      throw failedPatch(`unknown patch type: ${shown(directive)} in map: ${shown(patch)}`);
    retainKeys(target, patch);
    for (const key of fieldsOf(patch)) this.#field(target, patch, key, this.#fieldSchema(schema, key));
    return target;
  }

  /** One field, together with the directives for lists that stand beside it. */
  #field(target: JsonObject, patch: JsonObject, key: string, schema: Schema | undefined): void {
    const old = Object.hasOwn(target, key) ? target[key] : undefined;
    const value = Object.hasOwn(patch, key) ? patch[key] : undefined;
    const removed = listDirective(patch, DELETE_PRIMITIVES, key);
    const order = listDirective(patch, ORDER, key);
    if (value === null) {
      delete target[key];
    } else if (isJsonObject(value)) {
      target[key] = this.#merged(isJsonObject(old) ? old : {}, value, schema);
    } else if (value === undefined || Array.isArray(value)) {
      if (value === undefined && !Array.isArray(old)) return;
      target[key] = this.#list(Array.isArray(old) ? old : [], value, schema, removed, order);
    } else {
      target[key] = value;
    }
  }

  #merged(old: JsonObject, value: JsonObject, schema: Schema | undefined): JsonObject {
    return strategies(schema).includes('replace') ? this.#plain(value) : this.object(old, value, this.#resolve(schema));
  }

  #list(
    old: Json[],
    items: Json[] | undefined,
    schema: Schema | undefined,
    removed: Json[] | undefined,
    order: Json[] | undefined,
  ): Json[] {
    if (!strategies(schema).includes('merge')) return items ? items.map((item) => this.#plainValue(item)) : old;
    const key = schema?.['x-kubernetes-patch-merge-key'];
    const kept = removed ? without(old, removed) : old;
    if (key === undefined) return mergeScalars(kept, items ?? [], order);
    const merged = items ? this.#items([...kept], items, key, this.#resolve(schema?.items)) : kept;
    const keyOf = (item: Json) => (isJsonObject(item) ? (item[key] ?? null) : item);
    if (order) checkOrder(items ?? [], order, key);
    return mergeOrder(merged, order ?? items ?? [], kept, keyOf);
  }

  /** Merges items that are told apart by `key` into `target`. */
  #items(target: Json[], items: Json[], key: string, schema: Schema | undefined): Json[] {
    const objects = items.map((item) => {
      if (isJsonObject(item)) return item;
      throw failedPatch(`list element types are not identical: [${shown(target)} ${shown(items)}]`);
    });
    for (const item of objects) checkDirective(item);
    const replaces = objects.some((item) => item[DIRECTIVE] === 'replace');
    if (replaces) return objects.filter((item) => item[DIRECTIVE] === undefined).map((item) => this.#plain(item));
    const merged = new MergedItems(target, key);
    for (const item of objects) {
      if (!Object.hasOwn(item, key)) {
        throw failedPatch(`map: ${shown(item)} does not contain declared merge key: ${key}`);
      }
      if (item[DIRECTIVE] === 'delete') merged.remove(item[key]!);
      else merged.put(item[key]!, (old) => this.object(old, item, schema));
    }
    return merged.items();
  }

  /** The object that a patch describes where there is nothing to merge it with. */
  #plain(patch: JsonObject): JsonObject {
    const plain: JsonObject = {};
    for (const [key, value] of Object.entries(patch)) {
      if (!isDirective(key) && value !== null && key !== '__proto__') plain[key] = this.#plainValue(value);
    }
    return plain;
  }

  #plainValue(value: Json): Json {
    if (Array.isArray(value)) return value.map((item) => this.#plainValue(item));
    return isJsonObject(value) ? this.#plain(value) : value;
  }

  #fieldSchema(schema: Schema | undefined, key: string): Schema | undefined {
    if (schema?.properties && Object.hasOwn(schema.properties, key)) return schema.properties[key];
    const rest = schema?.additionalProperties;
    return typeof rest === 'object' ? rest : undefined;
  }

  #resolve(schema: Schema | undefined): Schema | undefined {
    return schema?.$ref ? this.#definitions.get(schema.$ref.slice('#/definitions/'.length)) : schema;
  }
}

function strategies(schema: Schema | undefined): string[] {
  return schema?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
}

function isDirective(key: string): boolean {
  return key === DIRECTIVE || key === RETAIN || key.startsWith(ORDER) || key.startsWith(DELETE_PRIMITIVES);
}

/** The fields that a patch speaks of, be it only by a directive, in the order in which they first appear. */
function fieldsOf(patch: JsonObject): Set<string> {
  const fields = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (key.startsWith(ORDER)) fields.add(key.slice(ORDER.length));
    else if (key.startsWith(DELETE_PRIMITIVES)) fields.add(key.slice(DELETE_PRIMITIVES.length));
    else if (!isDirective(key)) fields.add(key);
  }
  fields.delete('__proto__');
  return fields;
}

function listDirective(patch: JsonObject, prefix: string, field: string): Json[] | undefined {
  const value = Object.hasOwn(patch, prefix + field) ? patch[prefix + field] : undefined;
  if (value === undefined || Array.isArray(value)) return value;
  if (prefix === DELETE_PRIMITIVES) throw badRequest('invalid patch format of primitive list');
  throw failedPatch(`expected a []interface {}, but received a ${goType(value)}`);
}

/** Removes what `$retainKeys` does not name. */
function retainKeys(target: JsonObject, patch: JsonObject): void {
  const keys = patch[RETAIN];
  if (keys === undefined) return;
  if (!Array.isArray(keys)) throw badRequest('invalid patch format of retainKeys');
  for (const [key, value] of Object.entries(patch)) {
    if (isDirective(key) || value === null || keys.includes(key)) continue;
    throw badRequest('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(target)) if (!keys.includes(key)) delete target[key];
}

function without(items: Json[], removed: Json[]): Json[] {
  const gone = new Set(removed.map((item) => JSON.stringify(item)));
  return items.filter((item) => !gone.has(JSON.stringify(item)));
}

function mergeScalars(old: Json[], items: Json[], order: Json[] | undefined): Json[] {
  const merged = [...new Set([...old, ...items.map(copyJson)])];
  return mergeOrder(merged, order ?? items, old, (item) => item);
}

function checkOrder(items: Json[], order: Json[], key: string): void {
  const named = new Set(order.map((item) => JSON.stringify(isJsonObject(item) ? item[key] : item)));
  const sent = items.filter((item) => !isJsonObject(item) || item[DIRECTIVE] === undefined);
  if (sent.every((item) => !isJsonObject(item) || named.has(JSON.stringify(item[key])))) return;
  throw failedPatch(
    `The order in patch list:\n${shown(sent)}\n doesn't match $setElementOrder list:\n${shown(order)}\n`,
  );
}

function checkDirective(item: JsonObject): void {
  const directive = item[DIRECTIVE];
  if (directive === undefined || directive === 'delete' || directive === 'merge' || directive === 'replace') return;
  throw failedPatch(`unknown patch type: ${shown(directive)} in map: ${shown(item)}`);
}

/** The items of a list that is merged by a key, found by it at once. */
class MergedItems {
  readonly #key: string;
  readonly #items: (Json | undefined)[];
  readonly #positions = new Map<string, number[]>();

  constructor(items: Json[], key: string) {
    this.#key = key;
    this.#items = items;
    items.forEach((item, index) => this.#note(item, index));
  }

  #note(item: Json, index: number): void {
    if (!isJsonObject(item) || !Object.hasOwn(item, this.#key)) return;
    const text = JSON.stringify(item[this.#key]);
    const positions = this.#positions.get(text);
    if (positions) positions.push(index);
    else this.#positions.set(text, [index]);
  }

  remove(value: Json): void {
    const text = JSON.stringify(value);
    for (const index of this.#positions.get(text) ?? []) this.#items[index] = undefined;
    this.#positions.delete(text);
  }

  /** Puts what `merge` makes of the first item with this key, or of nothing, in its place or at the end. */
  put(value: Json, merge: (old: JsonObject) => JsonObject): void {
    const at = this.#positions.get(JSON.stringify(value))?.[0];
    if (at !== undefined) {
      this.#items[at] = merge(this.#items[at] as JsonObject);
      return;
    }
    const item = merge({});
    this.#note(item, this.#items.push(item) - 1);
  }

  items(): Json[] {
    return this.#items.filter((item) => item !== undefined);
  }
}

/** A part of a patch as an error names it, cut short. */
function shown(value: Json): string {
  const text = goText(value);
  return text.length > 500 ? `${text.slice(0, 500)}...` : text;
}
