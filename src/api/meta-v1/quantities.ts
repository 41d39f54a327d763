import { canonicalQuantity, compareQuantities, isQuantity } from '../../apimachinery/quantity.ts';

/** Writes each quantity of `map` in its canonical form, in place; what is no quantity stays for the validation. */
export function canonicalize(map: Record<string, string> | undefined): void {
  for (const key of Object.keys(map ?? {})) {
    if (isQuantity(map![key])) map![key] = canonicalQuantity(map![key]!);
  }
}

/** The same for one field that holds a quantity. */
export function canonicalizeField<F extends string>(object: { [K in F]?: string }, field: F): void {
  const value = object[field];
  if (isQuantity(value)) object[field] = canonicalQuantity(value!) as (typeof object)[F];
}

/** Whether two maps hold the same amounts, however they are written. */
export function sameQuantities(
  a: Readonly<Record<string, string>> = {},
  b: Readonly<Record<string, string>> = {},
): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    if (!Object.hasOwn(b, key)) return false;
    const [x, y] = [a[key]!, b[key]!];
    return x === y || (isQuantity(x) && isQuantity(y) && compareQuantities(x, y) === 0);
  });
}
