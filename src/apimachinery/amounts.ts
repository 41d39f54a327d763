import { isQuantity, parseQuantity, zeroQuantity, type Quantity } from './quantity.ts';

/** An exact amount of each of several resources, by name. */
export type Amounts = ReadonlyMap<string, Quantity>;

/** Nothing of anything. */
export const noAmounts: Amounts = new Map();

/** Parses a map as `resources.requests` or `status.used`. What is no quantity is left out: validation has said so. */
export function amountsOf(quantities: Readonly<Record<string, string>> | undefined): Map<string, Quantity> {
  const amounts = new Map<string, Quantity>();
  for (const name of Object.keys(quantities ?? {})) {
    if (isQuantity(quantities![name])) amounts.set(name, parseQuantity(quantities![name]!));
  }
  return amounts;
}

/** The inverse of `amountsOf`, with the names in order. */
export function quantitiesOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].sort(byName).map(([name, amount]) => [name, amount.toString()]));
}

/** Adds `amount` to `total`, in place. */
export function addTo(total: Map<string, Quantity>, amount: Amounts): void {
  for (const [name, quantity] of amount) total.set(name, (total.get(name) ?? zeroQuantity).add(quantity));
}

/** Makes each of `total` at least that of `other`, in place. */
export function raiseTo(total: Map<string, Quantity>, other: Amounts): void {
  for (const [name, quantity] of other) {
    const current = total.get(name);
    if (!current || current.compare(quantity) < 0) total.set(name, quantity);
  }
}

/** `a - b`, for the names of either. */
export function difference(a: Amounts, b: Amounts): Map<string, Quantity> {
  const rest = new Map(a);
  for (const [name, quantity] of b) rest.set(name, (rest.get(name) ?? zeroQuantity).subtract(quantity));
  return rest;
}

/** Only those of which `test` is true. */
export function filterAmounts(
  amount: Amounts,
  test: (name: string, quantity: Quantity) => boolean,
): Map<string, Quantity> {
  return new Map([...amount].filter(([name, quantity]) => test(name, quantity)));
}

/** `cpu=1,pods=2`: as messages list amounts. */
export function amountsText(amount: Amounts): string {
  return [...amount]
    .sort(byName)
    .map(([name, quantity]) => `${name}=${quantity.toString()}`)
    .join(',');
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
