import { WireWriter } from '../../apimachinery/protobuf/wire-writer.ts';

/** Any part of a document. */
export type Json = Record<string, any>;

/** Maps are lists of names and values. */
export function named(map: Json, value: (value: any) => unknown): object[] {
  return Object.entries(map).map(([name, one]) => ({ name, value: value(one) }));
}

/** The `x-` fields. */
export function extensions(one: Json): object[] {
  return named(Object.fromEntries(Object.entries(one).filter(([key]) => key.startsWith('x-'))), any);
}

/** Any value, as YAML; and JSON is YAML. */
export function any(value: unknown): Json {
  return { yaml: JSON.stringify(value) };
}

/**
 * The field `outer`, a message that has nothing but entries in its repeated field `inner`. Entry by entry, as the whole may
 * be large; an empty piece stands for a pause.
 */
export function* mapField<T>(
  outer: number,
  inner: number,
  entries: Iterable<readonly [string, T]>,
  encode: (name: string, value: T) => Buffer,
): Generator<Buffer> {
  const parts: Buffer[] = [];
  for (const [name, value] of entries) {
    const entry = encode(name, value);
    parts.push(prefix(inner, entry.length), entry);
    yield Buffer.alloc(0);
  }
  yield prefix(
    outer,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  yield* parts;
}

/** The tag and the length of a message in the field `number`. */
export function prefix(number: number, length: number): Buffer {
  const writer = new WireWriter();
  writer.integer(length);
  writer.integer((number << 3) | 2);
  return writer.take();
}
