import { Quantity } from '../../apimachinery/quantity.ts';
import type { ScopeRequirement } from '../../apimachinery/quota-use.ts';

const NANO = 1_000_000_000n;

/** One thing. */
export const ONE = new Quantity(NANO);

/** So many things. */
export function whole(count: number): Quantity {
  return new Quantity(BigInt(count) * NANO);
}

/** What an object says (a class, say, or several) against a condition with an operator and values. */
export function meetsValues({ operator, values = [] }: ScopeRequirement, said: readonly string[]): boolean {
  const some = said.some((value) => values.includes(value));
  if (operator === 'In') return some;
  if (operator === 'NotIn') return !some;
  return (operator === 'DoesNotExist') === (said.length === 0);
}
