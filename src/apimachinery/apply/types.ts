/** What apply must know of a field's type: what is one value, and what is made of parts that have owners of their own. */
export type ApplyType = ScalarType | ListType | MapType | AnyType;

export interface ScalarType {
  readonly sort: 'scalar';
  readonly scalar: 'string' | 'numeric' | 'boolean' | 'untyped';
}

export interface ListType {
  readonly sort: 'list';
  /** One value as a whole, a set of scalars, or items told apart by keys. */
  readonly merge: 'atomic' | 'set' | 'map';
  /** The keys in alphabetical order; empty unless it is a map. */
  readonly keys: readonly string[];
  /** What a key means that an item leaves out. */
  readonly keyDefaults: Readonly<Record<string, string | number | boolean>>;
  readonly item: ApplyType;
}

export interface MapType {
  readonly sort: 'map';
  /** Whether it is one value as a whole. */
  readonly atomic: boolean;
  /** The declared fields. */
  readonly fields: ReadonlyMap<string, Field>;
  /** The type of all other keys; undefined where there may be none. */
  readonly rest: Field | undefined;
  /** Those of `fields` that are present even where nothing was said. */
  readonly implied: readonly (readonly [name: string, field: Field])[];
}

/** Whatever is there: objects are maps of such, lists and scalars are values. */
export interface AnyType {
  readonly sort: 'any';
  /** Whether objects are values too. */
  readonly atomic: boolean;
}

export interface Field {
  readonly type: ApplyType;
  /**
   * True for objects that are part of their parent and therefore never absent, only empty: adding the first field to one
   * makes nobody its owner. (Upstream's structs that are no pointers.)
   */
  readonly implied?: boolean;
  /** True for lists and maps that are written as null when they are absent. */
  readonly nullable?: boolean;
  /** True for what the server keeps for itself: nobody owns it. */
  readonly unowned?: boolean;
  /** True for what holds such fields, so that it stays when all else in it goes. */
  readonly holdsUnowned?: boolean;
}

/** A map or list that follows no schema. */
export const anyType: AnyType = { sort: 'any', atomic: false };
export const anyAtomicType: AnyType = { sort: 'any', atomic: true };

const noFields: ReadonlyMap<string, Field> = new Map();
const anyField: Field = { type: anyType };

const untypedScalar: ScalarType = { sort: 'scalar', scalar: 'untyped' };
const untypedList: ListType = { sort: 'list', merge: 'atomic', keys: [], keyDefaults: {}, item: anyAtomicType };
const untypedMap: MapType = { sort: 'map', atomic: false, fields: noFields, rest: anyField, implied: [] };
const untypedAtomicMap: MapType = { ...untypedMap, atomic: true, rest: { type: anyAtomicType } };

/** The type to use for a value: the declared one, or for untyped values what they look like. */
export function typeFor(type: ApplyType, value: unknown): ScalarType | ListType | MapType {
  if (type.sort !== 'any') return type;
  if (Array.isArray(value)) return untypedList;
  if (typeof value !== 'object' || value === null) return untypedScalar;
  return type.atomic ? untypedAtomicMap : untypedMap;
}

/** The type of one key of a map; undefined when there can be none such. */
export function fieldOf(type: MapType, name: string): Field | undefined {
  return type.fields.get(name) ?? type.rest;
}
