/** The family of suffixes that a quantity is written with: `1500m`, `2Gi`, `1e3`. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

const NANO = 1_000_000_000n;
/** Nothing above 2^63-1 can be expressed; larger input is cut down to it, as the API documents. */
const LARGEST = (2n ** 63n - 1n) * NANO;

/** Powers of ten of the decimal suffixes. */
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
/** Powers of 1024 of the binary suffixes. */
const BINARY: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
const DECIMAL_BY_POWER = new Map(Object.entries(DECIMAL).map(([suffix, power]) => [power, suffix]));
const BINARY_BY_POWER = ['', ...Object.keys(BINARY)];

/** A suffix never begins with a digit, so that there is one way to read a text and no time is lost with others. */
const SHAPE = /^([+-]?)([0-9]*)(?:\.([0-9]*))?((?:[eEinumkKMGTP]+[-+]?|[-+])[0-9]*|)$/;
const WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/**
 * An exact number with a unit, as in `resources.limits` (`resource.Quantity`): kept in whole billionths, because that is
 * the finest step the API knows. Immutable.
 */
export class Quantity {
  /** The value in billionths. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  #text: string | undefined;

  constructor(nanos: bigint, format: QuantityFormat = 'DecimalSI') {
    this.nanos = nanos > LARGEST ? LARGEST : nanos < -LARGEST ? -LARGEST : nanos;
    this.format = format;
  }

  /** -1, 0 or 1. */
  compare(other: Quantity): number {
    return this.nanos < other.nanos ? -1 : this.nanos > other.nanos ? 1 : 0;
  }

  /** Keeps this quantity's format, unless this one is zero. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nanos + other.nanos, this.nanos === 0n ? other.format : this.format);
  }

  /** Keeps this quantity's format, unless this one is zero. */
  subtract(other: Quantity): Quantity {
    return new Quantity(this.nanos - other.nanos, this.nanos === 0n ? other.format : this.format);
  }

  /** The value in whole units, rounded away from zero. Exact up to 2^53. */
  value(): number {
    return Number(divideAway(this.nanos, NANO));
  }

  /** The value in thousandths, rounded away from zero: `1500` for `1.5` CPUs. Exact up to 2^53. */
  milliValue(): number {
    return Number(divideAway(this.nanos, 1_000_000n));
  }

  /** The canonical form: no fraction, the largest suffix that allows it. */
  toString(): string {
    return (this.#text ??= this.#write());
  }

  #write(): string {
    if (this.nanos === 0n) return '0';
    const small = this.nanos > -1024n * NANO && this.nanos < 1024n * NANO;
    // A fraction cannot be written with a binary suffix, so it goes over to decimal ones: `1.1Gi` is `1181116006400m`.
    if (this.format === 'BinarySI' && !small && this.nanos % NANO === 0n) return binaryText(this.nanos / NANO);
    return decimalText(this.nanos, this.format === 'DecimalExponent');
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Zero in decimal notation. */
export const zeroQuantity = new Quantity(0n);

/**
 * Parses `500m`, `1.5Gi`, `2e3`, or a JSON number. What is finer than a billionth is rounded away from zero.
 * @throws Error with upstream's sentence when the text is no quantity
 */
export function parseQuantity(input: string | number): Quantity {
  const result = remember(typeof input === 'number' ? String(input) : input);
  if (typeof result === 'string') throw new Error(result);
  return result;
}

/** Whether `input` can be parsed. */
export function isQuantity(input: unknown): boolean {
  if (typeof input === 'number') input = String(input);
  return typeof input === 'string' && typeof remember(input) !== 'string';
}

/** A cluster uses few different quantities, many times each: short ones are parsed once. */
const parsed = new Map<string, Quantity>();
const REMEMBERED = 4096;
const REMEMBERED_LENGTH = 24;

/** The quantity, or a sentence about what is wrong with the text. */
function remember(text: string): Quantity | string {
  const known = parsed.get(text);
  if (known) return known;
  const result = parseText(text);
  if (typeof result === 'string' || text.length > REMEMBERED_LENGTH) return result;
  if (parsed.size >= REMEMBERED) parsed.clear();
  parsed.set(text, result);
  return result;
}

function parseText(text: string): Quantity | string {
  const parts = SHAPE.exec(text);
  if (!parts) return WRONG_FORMAT;
  const [, sign, whole = '', fraction = '', suffix = ''] = parts;
  if (!whole && !fraction) return text === '' ? WRONG_FORMAT : 'unable to parse numeric part of quantity';
  const unit = interpretSuffix(suffix);
  if (!unit) return "unable to parse quantity's suffix";
  const nanos = toNanos(whole, fraction, unit);
  return new Quantity(sign === '-' ? -nanos : nanos, unit.format);
}

/** `parseQuantity(input).milliValue()`; 0 for undefined. */
export function milliValue(input: string | number | undefined): number {
  return input === undefined ? 0 : parseQuantity(input).milliValue();
}

/** `parseQuantity(input).value()`; 0 for undefined. */
export function quantityValue(input: string | number | undefined): number {
  return input === undefined ? 0 : parseQuantity(input).value();
}

/** -1, 0 or 1 for two written quantities. */
export function compareQuantities(a: string | number, b: string | number): number {
  return parseQuantity(a).compare(parseQuantity(b));
}

/** The canonical way to write `input`: `1000m` is `1`, `0.5Gi` is `512Mi`. */
export function canonicalQuantity(input: string | number): string {
  return parseQuantity(input).toString();
}

interface Unit {
  readonly format: QuantityFormat;
  readonly power: number;
}

function interpretSuffix(suffix: string): Unit | undefined {
  if (Object.hasOwn(DECIMAL, suffix)) return { format: 'DecimalSI', power: DECIMAL[suffix]! };
  if (Object.hasOwn(BINARY, suffix)) return { format: 'BinarySI', power: BINARY[suffix]! };
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) return undefined;
  return { format: 'DecimalExponent', power: Number(suffix.slice(1)) };
}

/** Digits beyond any meaning are dropped before they become big integers, so that hostile input costs nothing. */
function toNanos(whole: string, fraction: string, unit: Unit): bigint {
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return 0n;
  if (unit.format === 'BinarySI') {
    if (digits.length - fraction.length > 40) return LARGEST;
    const scaled = scaleDecimal(digits, -fraction.length, 10n ** 9n * 1024n ** BigInt(unit.power));
    return scaled;
  }
  const power = unit.power - fraction.length + 9;
  if (digits.length + power > 40) return LARGEST;
  return scaleDecimal(digits, power, 1n);
}

/** `digits * 10^power * factor`, rounded up. */
function scaleDecimal(digits: string, power: number, factor: bigint): bigint {
  if (power >= 0) return BigInt(digits) * 10n ** BigInt(power) * factor;
  const lost = -power;
  // More than 60 digits behind the last that counts can only make the difference between nothing and "a bit more".
  if (lost > digits.length + 60) return 1n;
  const keep = digits.length > 200 ? digits.slice(0, Math.max(1, digits.length - lost) + 60) : digits;
  const dropped = digits.length - keep.length;
  const value = BigInt(keep) * factor + (dropped > 0 ? 1n : 0n);
  return divideAway(value, 10n ** BigInt(lost - dropped));
}

function divideAway(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (value % divisor === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

function binaryText(units: bigint): string {
  let power = 0;
  while (power < 6 && units % 1024n === 0n) {
    units /= 1024n;
    power++;
  }
  return `${units}${BINARY_BY_POWER[power]}`;
}

function decimalText(nanos: bigint, exponent: boolean): string {
  let power = -9;
  while (power < 18 && nanos % 1000n === 0n) {
    nanos /= 1000n;
    power += 3;
  }
  if (!exponent) return `${nanos}${DECIMAL_BY_POWER.get(power)}`;
  return power === 0 ? String(nanos) : `${nanos}e${power}`;
}
