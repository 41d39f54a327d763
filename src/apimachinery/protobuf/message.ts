import type { Field } from './fields.ts';
import { scalars, tagOf, type ValueCodec } from './values.ts';
import { WireError } from './wire-error.ts';
import type { WireReader } from './wire-reader.ts';
import { wire } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

export type JsonObject = Record<string, unknown>;

/** Deeper than any honest object (schemas in schemas), and shallow enough for every recursive function. */
const deepest = 500;

/** Finds the message of a definition, the same one each time. */
export type MessageLookup = (definition: string) => Message;

/** What is done with the JSON of a message that is not an object of its fields. */
export interface Conversion {
  /** What the message's fields say, as JSON; undefined when they say nothing. */
  toJson(fields: JsonObject): unknown;
  toFields(json: unknown): JsonObject;
}

type WriteField = (writer: WireWriter, object: JsonObject) => void;
type ReadField = (object: JsonObject, reader: WireReader, wireType: number, depth: number) => void;

/** One message type. Its encoder and its decoder are each made when first needed: most are never. */
export class Message implements ValueCodec {
  readonly wireType = wire.bytes;
  readonly #fields: readonly Field[];
  readonly #lookup: MessageLookup;
  readonly #conversion: Conversion | undefined;
  #writers: readonly WriteField[] | undefined;
  #readers: ReadonlyMap<number, ReadField> | undefined;

  constructor(fields: readonly Field[], lookup: MessageLookup, conversion: Conversion | undefined) {
    this.#fields = fields;
    this.#lookup = lookup;
    this.#conversion = conversion;
  }

  /** Writes the fields alone, the last first. Fields of the object that are not the message's are left out. */
  writeFields(writer: WireWriter, json: unknown): void {
    const object = this.#conversion ? this.#conversion.toFields(json) : (json as JsonObject);
    this.#writers ??= this.#fields.map((field) => fieldWriter(field, this.#lookup)).reverse();
    for (const write of this.#writers) write(writer, object);
  }

  write(writer: WireWriter, json: unknown): void {
    const before = writer.size;
    this.writeFields(writer, json);
    writer.integer(writer.size - before);
  }

  /** Reads fields into `object` until the reader is at its end. */
  readFields(object: JsonObject, reader: WireReader, depth: number): void {
    if (depth > deepest) throw new WireError(`it is nested deeper than ${deepest} levels`);
    this.#readers ??= new Map(this.#fields.map((field) => [field.number, fieldReader(field, this.#lookup)]));
    while (!reader.done) {
      const tag = reader.tag();
      const read = this.#readers.get(Math.floor(tag / 8));
      if (read) read(object, reader, tag % 8, depth);
      else reader.skip(tag % 8);
    }
  }

  read(reader: WireReader, depth: number): unknown {
    const object: JsonObject = {};
    reader.within(() => this.readFields(object, reader, depth + 1));
    return this.#conversion ? this.#conversion.toJson(object) : object;
  }
}

function fieldWriter(field: Field, lookup: MessageLookup): WriteField {
  const { name, number } = field;
  const codec = codecOf(field, lookup);
  const tag = tagOf(number, field.shape === 'map' ? wire.bytes : codec.wireType);
  if (field.inline) return inlineWriter(codec as Message, tag);
  const write = valueWriter(field, codec, tag);
  return (writer, object) => {
    const value = object[name];
    if (value !== undefined && value !== null) write(writer, value);
  };
}

function inlineWriter(message: Message, tag: number): WriteField {
  return (writer, object) => {
    message.write(writer, object);
    writer.integer(tag);
  };
}

function valueWriter({ shape }: Field, codec: ValueCodec, tag: number): (writer: WireWriter, value: unknown) => void {
  const writeOne = (writer: WireWriter, value: unknown) => {
    codec.write(writer, value);
    writer.integer(tag);
  };
  if (shape === 'single') return writeOne;
  if (shape === 'list') {
    return (writer, value) => {
      const items = value as unknown[];
      for (let i = items.length - 1; i >= 0; i--) writeOne(writer, items[i]);
    };
  }
  return (writer, value) => {
    const map = value as JsonObject;
    for (const key of Object.keys(map).sort().reverse()) {
      writeEntry(writer, codec, key, map[key]);
      writer.integer(tag);
    }
  };
}

/** A map's entries are messages of their own: the key is field 1, the value field 2. */
function writeEntry(writer: WireWriter, codec: ValueCodec, key: string, value: unknown): void {
  const before = writer.size;
  codec.write(writer, value);
  writer.integer(tagOf(2, codec.wireType));
  writer.text(key);
  writer.integer(tagOf(1, wire.bytes));
  writer.integer(writer.size - before);
}

function fieldReader(field: Field, lookup: MessageLookup): ReadField {
  const codec = codecOf(field, lookup);
  if (field.shape === 'list') return listReader(field, codec);
  if (field.shape === 'map') return mapReader(field, codec);
  if (field.inline) {
    return (object, reader, wireType, depth) => {
      expect(field, wire.bytes, wireType);
      reader.within(() => (codec as Message).readFields(object, reader, depth + 1));
    };
  }
  return (object, reader, wireType, depth) => {
    expect(field, codec.wireType, wireType);
    const value = codec.read(reader, depth);
    if (value === undefined || (isZero(value) && !field.keepsZero && codec.scalar)) delete object[field.name];
    else object[field.name] = value;
  };
}

/** Go writes fields that are not set as their zero value, where JSON leaves them out. */
function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

/** Numbers may be packed: several behind one tag. */
function listReader(field: Field, codec: ValueCodec): ReadField {
  return (object, reader, wireType, depth) => {
    const list = (object[field.name] ??= []) as unknown[];
    if (wireType === wire.bytes && codec.wireType !== wire.bytes) {
      reader.within(() => {
        while (!reader.done) list.push(codec.read(reader, depth));
      });
      return;
    }
    expect(field, codec.wireType, wireType);
    list.push(codec.read(reader, depth) ?? null);
  };
}

function mapReader(field: Field, codec: ValueCodec): ReadField {
  return (object, reader, wireType, depth) => {
    expect(field, wire.bytes, wireType);
    const map = (object[field.name] ??= {}) as JsonObject;
    let key = '';
    let value = codec.absent;
    reader.within(() => {
      while (!reader.done) {
        const tag = reader.tag();
        if (tag === tagOf(1, wire.bytes)) key = reader.text();
        else if (tag === tagOf(2, codec.wireType)) value = codec.read(reader, depth);
        else reader.skip(tag % 8);
      }
    });
    if (key === '__proto__')
      throw new WireError(`the key "__proto__" in ${field.name} is not allowed: choose another one`);
    map[key] = value ?? codec.absent ?? {};
  };
}

function codecOf({ type }: Field, lookup: MessageLookup): ValueCodec {
  return Object.hasOwn(scalars, type) ? scalars[type]! : lookup(type);
}

function expect({ name }: Field, expected: number, found: number): void {
  if (expected !== found) throw new WireError(`the field ${name} has wire type ${found} instead of ${expected}`);
}
