import { CelError, noOverload, type CelFunction, type Extension, type Value } from '../cel/index.ts';
import { isQuantity, parseQuantity, type Quantity } from './quantity.ts';

/** A quantity as expressions see it. */
export class QuantityValue implements Extension {
  readonly type = 'kubernetes.Quantity';
  readonly quantity: Quantity;

  constructor(quantity: Quantity) {
    this.quantity = quantity;
  }

  equals(other: Value): boolean {
    return other instanceof QuantityValue && this.quantity.compare(other.quantity) === 0;
  }
}

const UNIT = 1_000_000_000n;

function quantityOf(value: Value | undefined): Quantity {
  if (value instanceof QuantityValue) return value.quantity;
  throw noOverload();
}

function whole({ nanos }: Quantity): bigint {
  if (nanos % UNIT !== 0n) throw new CelError('cannot convert value to integer');
  return nanos / UNIT;
}

/** A quantity, or an integer that stands for one. */
function amount(value: Value | undefined): Quantity {
  return typeof value === 'bigint' ? parseQuantity(String(value)) : quantityOf(value);
}

function parsed(text: Value | undefined): QuantityValue {
  if (typeof text !== 'string') throw noOverload();
  try {
    return new QuantityValue(parseQuantity(text));
  } catch (error) {
    throw new CelError((error as Error).message);
  }
}

/** What expressions can do with quantities: `device.capacity["d"].memory.compareTo(quantity("10Gi")) >= 0`. */
export const quantityFunctions: Readonly<Record<string, CelFunction>> = {
  quantity: (text) => parsed(text),
  isQuantity: (text) => {
    if (typeof text !== 'string') throw noOverload();
    return isQuantity(text);
  },
  isInteger: (value) => quantityOf(value).nanos % UNIT === 0n,
  asInteger: (value) => whole(quantityOf(value)),
  asApproximateFloat: (value) => Number(quantityOf(value).nanos) / Number(UNIT),
  sign: (value) => BigInt(Math.sign(Number(quantityOf(value).nanos))),
  add: (a, b) => new QuantityValue(quantityOf(a).add(amount(b))),
  sub: (a, b) => new QuantityValue(quantityOf(a).subtract(amount(b))),
};
