import { parseQuantity } from '../quantity.ts';
import { formatMicroTime, formatTime, parseTime } from '../time.ts';
import { DecodeError, type Cursor } from './decode-error.ts';

/** Checks a value and returns what to put in its place, mostly itself. Objects are changed in place. */
export type Decode = (value: unknown, at: Cursor) => unknown;

/** A type: how to decode it, what Go calls it, and what a `null` inside an array or map becomes. */
export interface Type {
  readonly decode: Decode;
  readonly goType: string;
  readonly zero: () => unknown;
}

function simple(goType: string, zero: unknown, decode: Decode): Type {
  return { goType, decode, zero: () => zero };
}

export const stringType = simple('string', '', (value, at) => {
  if (typeof value === 'string') return value;
  throw at.mismatch(value, 'string');
});

export const booleanType = simple('bool', false, (value, at) => {
  if (typeof value === 'boolean') return value;
  throw at.mismatch(value, 'bool');
});

export const numberType = simple('float64', 0, (value, at) => {
  if (typeof value === 'number') return value;
  throw at.mismatch(value, 'float64');
});

export const int32Type = simple('int32', 0, (value, at) => {
  // Bit operations keep exactly the integers of 32 bits.
  if (typeof value === 'number' && (value | 0) === value) return value;
  throw at.mismatch(value, 'int32');
});

/** Integers beyond 2^53 have lost digits already, so they are refused rather than stored wrongly. */
export const int64Type = simple('int64', 0, (value, at) => {
  if (Number.isSafeInteger(value)) return value;
  throw at.mismatch(value, 'int64');
});

export const bytesType = simple('[]uint8', '', (value, at) => {
  if (typeof value !== 'string') throw at.mismatch(value, '[]uint8');
  if (isBase64(value)) return value;
  const joined = value.replace(/[\r\n]/g, '');
  if (isBase64(joined)) return joined;
  const wrong = joined.search(/[^A-Za-z0-9+/]/);
  throw new DecodeError(`illegal base64 data at input byte ${wrong < 0 ? joined.length : wrong}`);
});

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** What free-form fields hold. */
export const anyType = simple('interface {}', null, (value) => value);

/** Objects hold the canonical form, whatever was written; the same few texts come again and again. */
const canonical = new Map<string | number, string>();

const quantityType = simple('resource.Quantity', '0', (value) => {
  const input = value as string | number;
  const known = canonical.get(input);
  if (known !== undefined) return known;
  const text = canonicalText(input);
  if (canonical.size > 5000) canonical.clear();
  if (text.length < 40 && String(input).length < 40) canonical.set(input, text);
  return text;
});

function canonicalText(input: unknown): string {
  const text = typeof input === 'string' || typeof input === 'number' ? input : JSON.stringify(input);
  try {
    return parseQuantity(typeof text === 'string' ? text.trim() : text).toString();
  } catch (error) {
    throw new DecodeError((error as Error).message, { cause: error });
  }
}

export const intOrStringType = simple('intstr.IntOrString', 0, (value) => {
  if (typeof value === 'string' || (typeof value === 'number' && (value | 0) === value)) return value;
  const type = typeof value === 'number' ? `number ${value}` : Array.isArray(value) ? 'array' : typeof value;
  throw new DecodeError(`json: cannot unmarshal ${type === 'boolean' ? 'bool' : type} into Go value of type int32`);
});

function timeOf(value: unknown): number {
  if (typeof value !== 'string') {
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw new DecodeError(`json: cannot unmarshal ${type} into Go value of type string`);
  }
  const time = parseTime(value);
  if (time !== undefined) return time;
  const shown = JSON.stringify(value.slice(0, 64));
  throw new DecodeError(
    `parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown} as an RFC 3339 time`,
  );
}

/** Times are kept in UTC and to the second. */
const timeType = simple('v1.Time', null, (value) => {
  const time = timeOf(value);
  return /^.{19}Z$/.test(value as string) ? value : formatTime(time);
});

const microTimeType = simple('v1.MicroTime', null, (value) => {
  const time = timeOf(value);
  return /^.{19}\.[0-9]{6}Z$/.test(value as string) ? value : formatMicroTime(time);
});

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Definitions whose values are not what their schema's type says. */
export const namedTypes: Readonly<Record<string, Type>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': quantityType,
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': intOrStringType,
  'io.k8s.apimachinery.pkg.runtime.RawExtension': anyType,
  [`${meta}.Time`]: timeType,
  [`${meta}.MicroTime`]: microTimeType,
  [`${meta}.FieldsV1`]: anyType,
};
