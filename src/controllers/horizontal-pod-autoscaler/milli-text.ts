import { Quantity } from '../../apimachinery/quantity.ts';

/** Thousandths as a quantity: `1500m`, `2`. */
export function milliText(milli: bigint): string {
  return new Quantity(milli * 1_000_000n).toString();
}
