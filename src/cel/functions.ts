import { asKey, CelError, compare, equal, isList, isMap, Uint, type Value } from './value.ts';

/** A function, method or operator; of methods the target is the first argument. @throws CelError */
export type CelFunction = (...args: readonly Value[]) => Value;

export function noOverload(): CelError {
  return new CelError('no such overload');
}

const INT = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const UINT = { min: 0n, max: 2n ** 64n - 1n };

function int(value: bigint): bigint {
  if (value < INT.min || value > INT.max) throw new CelError('integer overflow');
  return value;
}

function uint(value: bigint): Uint {
  if (value < UINT.min || value > UINT.max) throw new CelError('unsigned integer overflow');
  return new Uint(value);
}

/** An operator of two numbers of the same type. */
function arithmetic(
  ofIntegers: (a: bigint, b: bigint) => bigint,
  ofDoubles?: (a: number, b: number) => number,
): CelFunction {
  return (a, b) => {
    if (typeof a === 'bigint' && typeof b === 'bigint') return int(ofIntegers(a, b));
    if (a instanceof Uint && b instanceof Uint) return uint(ofIntegers(a.value, b.value));
    if (ofDoubles && typeof a === 'number' && typeof b === 'number') return ofDoubles(a, b);
    throw noOverload();
  };
}

function divisor(b: bigint, what: string): bigint {
  if (b === 0n) throw new CelError(`${what} by zero`);
  return b;
}

const sum = arithmetic(
  (a, b) => a + b,
  (a, b) => a + b,
);

function plus(a: Value, b: Value): Value {
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (isList(a) && isList(b)) return [...a, ...b];
  return sum(a, b);
}

function ordered(holds: (order: number) => boolean): CelFunction {
  return (a, b) => {
    const order = compare(a, b);
    if (order !== undefined) return holds(order);
    if (typeof a === 'number' || typeof b === 'number') return false; // one of them is not a number
    throw noOverload();
  };
}

function isIn(item: Value, range: Value): boolean {
  if (isList(range)) return range.some((one) => equal(one, item));
  if (!isMap(range)) throw noOverload();
  const key = asKey(item);
  return key !== undefined && range.has(key);
}

function index(of: Value, at: Value): Value {
  if (isList(of)) return itemAt(of, at);
  if (!isMap(of)) throw noOverload();
  const found = of.get(asKey(at) ?? '');
  if (found === undefined) throw new CelError(`no such key: ${String(asKey(at))}`);
  return found;
}

function itemAt(list: readonly Value[], at: Value): Value {
  const key = asKey(at);
  if (typeof key !== 'bigint') throw noOverload();
  const item = key >= 0n && key < BigInt(list.length) ? list[Number(key)] : undefined;
  if (item === undefined) throw new CelError(`index out of bounds: ${key}`);
  return item;
}

function size(value: Value): bigint {
  if (typeof value === 'string') return BigInt([...value].length);
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(value.size);
  throw noOverload();
}

/** A method of strings. */
function ofStrings(method: (...args: string[]) => Value): CelFunction {
  return (...args) => {
    if (args.length !== method.length || !args.every((arg) => typeof arg === 'string')) throw noOverload();
    return method(...(args as string[]));
  };
}

const wholeNumber = /^[+-]?\d{1,20}$/;

function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint) return int(value.value);
  if (typeof value === 'number' && Number.isFinite(value)) return int(BigInt(Math.trunc(value)));
  if (typeof value === 'string' && wholeNumber.test(value)) return int(BigInt(value.replace(/^\+/, '')));
  throw new CelError(typeof value === 'string' ? `type conversion error from 'string' to 'int'` : 'no such overload');
}

function toDouble(value: Value): number {
  if (typeof value === 'number') return value;
  if (value instanceof Uint) return Number(value.value);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  throw new CelError(
    typeof value === 'string' ? `type conversion error from 'string' to 'double'` : 'no such overload',
  );
}

function toText(value: Value): string {
  if (value instanceof Uint) return String(value.value);
  if (value === null || typeof value === 'object') throw noOverload();
  return String(value);
}

/** The operators and functions of the core of the language, but for those that do not evaluate all of their arguments. */
export const standardFunctions: Readonly<Record<string, CelFunction>> = {
  '==': (a, b) => equal(a, b),
  '!=': (a, b) => !equal(a, b),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
  in: (item, range) => isIn(item, range),
  '+': (a, b) => plus(a, b),
  '-': arithmetic(
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  '*': arithmetic(
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  '/': arithmetic(
    (a, b) => a / divisor(b, 'division'),
    (a, b) => a / b,
  ),
  '%': arithmetic((a, b) => a % divisor(b, 'modulus')),
  '!_': (a) => {
    if (typeof a !== 'boolean') throw noOverload();
    return !a;
  },
  '-_': (a) => {
    if (typeof a === 'bigint') return int(-a);
    if (typeof a === 'number') return -a;
    throw noOverload();
  },
  '[]': (of, at) => index(of, at),
  size: (value) => size(value),
  contains: ofStrings((text, part) => text.includes(part)),
  startsWith: ofStrings((text, part) => text.startsWith(part)),
  endsWith: ofStrings((text, part) => text.endsWith(part)),
  lowerAscii: ofStrings((text) => text.replace(/[A-Z]/g, (char) => char.toLowerCase())),
  upperAscii: ofStrings((text) => text.replace(/[a-z]/g, (char) => char.toUpperCase())),
  trim: ofStrings((text) => text.trim()),
  int: (value) => toInt(value),
  uint: (value) => uint(toInt(value)),
  double: (value) => toDouble(value),
  string: (value) => toText(value),
  dyn: (value) => value!,
};
