import type { Json } from '../object.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { storedElement } from './list-items.ts';
import { fieldOf, typeFor, type ApplyType, type ListType, type MapType } from './types.ts';

/**
 * The live object with everything that the applied one says. Lists keep the order of the applied object, with the items
 * that it does not name before the item that they stood before. The result shares parts with both arguments; where the
 * applied object says nothing new it is the live one itself.
 */
export function merge(live: object, config: object, type: MapType): JsonObject {
  return mergeMaps(live as JsonObject, config as JsonObject, type);
}

function mergeMaps(live: JsonObject, config: JsonObject, type: MapType): JsonObject {
  let result: JsonObject | undefined;
  for (const name of Object.keys(config)) {
    const value = config[name]!;
    const field = fieldOf(type, name);
    const old = Object.hasOwn(live, name) ? live[name] : undefined;
    const merged = field ? mergeValues(old, value, field.type) : value;
    if (merged !== old) (result ??= { ...live })[name] = merged;
  }
  return result ?? live;
}

function mergeValues(live: Json | undefined, config: Json, declared: ApplyType): Json {
  if (live === undefined) return config;
  const type = typeFor(declared, config === null ? live : config);
  if (type.sort === 'map' && !type.atomic && isJsonObject(live)) {
    if (isJsonObject(config)) return mergeMaps(live, config, type);
    if (config === null && Object.keys(live).length > 0) return live;
  }
  if (type.sort === 'list' && type.merge !== 'atomic' && Array.isArray(live)) {
    if (Array.isArray(config)) return mergeLists(live, config, type);
    if (config === null && live.length > 0) return live;
  }
  return config;
}

function mergeLists(live: Json[], config: Json[], type: ListType): Json[] {
  const wanted = config.map((item, index) => storedElement(type, item, index));
  const before = live.map((item, index) => storedElement(type, item, index));
  const positions = positionsOf(before);
  const inConfig = new Set(wanted);
  const shared = wanted.filter((element) => positions.has(element))[Symbol.iterator]();
  const result: Json[] = [];
  let taken = 0;
  /** Takes the applied items up to and with `last`. */
  const takeThrough = (last: string | undefined) => {
    while (taken < wanted.length) {
      const element = wanted[taken]!;
      result.push(mergeItem(live, positions.get(element), config[taken]!, type));
      taken++;
      if (element === last) return;
    }
  };
  let next = shared.next().value;
  live.forEach((item, index) => {
    const element = before[index]!;
    if (!inConfig.has(element)) result.push(item);
    else if (element === next) {
      takeThrough(element);
      next = shared.next().value;
    }
  });
  takeThrough(undefined);
  return result;
}

/** Where each element stands; NaN where it occurs twice. */
function positionsOf(elements: readonly string[]): Map<string, number> {
  const positions = new Map<string, number>();
  elements.forEach((element, index) => positions.set(element, positions.has(element) ? NaN : index));
  return positions;
}

/** An item that the live list has twice is replaced: which of the two was meant cannot be told. */
function mergeItem(live: Json[], at: number | undefined, item: Json, type: ListType): Json {
  return at === undefined || Number.isNaN(at) ? item : mergeValues(live[at], item, type.item);
}
