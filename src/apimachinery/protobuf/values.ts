import { wire, type WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/** Writes and reads the value of a field, between the JSON value and what stands behind the field's tag. */
export interface ValueCodec {
  readonly wireType: number;
  readonly scalar?: boolean;
  /** What a map's entry has that brings no value. */
  readonly absent?: unknown;
  write(writer: WireWriter, value: unknown): void;
  /** Undefined when the value stands for nothing. */
  read(reader: WireReader, depth: number): unknown;
}

/** What stands before a field's value on the wire: its number and how the value is written. */
export function tagOf(number: number, wireType: number): number {
  return number * 8 + wireType;
}

const int64: ValueCodec = {
  wireType: wire.varint,
  scalar: true,
  absent: 0,
  write: (writer, value) => writer.integer(Number(value)),
  read: (reader) => reader.integer(),
};

/** The scalars by their names. Bytes are base64 in JSON. */
export const scalars: Readonly<Record<string, ValueCodec>> = {
  int64,
  int32: { ...int64, read: (reader) => reader.integer() | 0 }, // Go takes the lower half as well
  bool: {
    wireType: wire.varint,
    scalar: true,
    absent: false,
    write: (writer, value) => writer.integer(value === true ? 1 : 0),
    read: (reader) => reader.integer() !== 0,
  },
  double: {
    wireType: wire.fixed64,
    scalar: true,
    absent: 0,
    write: (writer, value) => writer.double(Number(value)),
    read: (reader) => reader.double(),
  },
  string: {
    wireType: wire.bytes,
    scalar: true,
    absent: '',
    write: (writer, value) => writer.text(String(value)),
    read: (reader) => reader.text(),
  },
  bytes: {
    wireType: wire.bytes,
    scalar: true,
    absent: '',
    write: (writer, value) => writer.bytes(Buffer.from(String(value), 'base64')),
    read: (reader) => reader.bytes().toString('base64'),
  },
};
