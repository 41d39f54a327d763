import { keyPath } from '../../apimachinery/field-error.ts';
import { isQuantity, parseQuantity } from '../../apimachinery/quantity.ts';

/** Takes a warning about the field `where`. */
export type Warn = (where: string, text: string) => void;

const BILLION = 1_000_000_000n;
const IN_BYTES = ['memory', 'ephemeral-storage', 'storage'];

/** Warns of parts of bytes: `400m` of memory is nearly nothing, and `400M` was meant. */
export function wholeBytes(amounts: Readonly<Record<string, string>> | undefined, field: string, warn: Warn): void {
  if (!amounts) return;
  for (const name of IN_BYTES) {
    const text = amounts[name];
    if (!isQuantity(text) || parseQuantity(text!).nanos % BILLION === 0n) continue;
    warn(keyPath(field, name), `fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`);
  }
}
