/**
 * Objects of more parts than this have no managed fields: as upstream drops them from objects that become too large with
 * them, for they would hold everybody else up.
 */
export const MOST_TRACKED = 20_000;

/** More parts than this cannot be applied. */
export const MOST_APPLIED = 50_000;

/** Whether a value has more than `limit` keys and items, in all its depth. Stops counting there. */
export function hasMoreParts(value: unknown, limit: number): boolean {
  return count(value, limit) < 0;
}

/** What is left of `budget` after the parts of `value`. */
function count(value: unknown, budget: number): number {
  if (typeof value !== 'object' || value === null) return budget;
  if (Array.isArray(value)) {
    let left = budget - value.length;
    for (let i = 0; i < value.length && left >= 0; i++) left = count(value[i], left);
    return left;
  }
  let left = budget;
  for (const key in value) {
    if (left < 0) return left;
    left = count((value as Record<string, unknown>)[key], left - 1);
  }
  return left;
}
