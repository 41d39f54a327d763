import type { Json } from '../object.ts';

/**
 * Puts the items of a merged list into the order that `$setElementOrder` asks for, or else that of the patch itself. Items
 * that it does not name (added by someone else) keep their order and stand before the first named item that was behind
 * them in the `old` list; so what a patch adds stands first.
 */
export function mergeOrder(merged: Json[], order: Json[], old: Json[], keyOf: (item: Json) => Json): Json[] {
  const wanted = positions(order, keyOf);
  const before = positions(old, keyOf);
  const rank = (ranks: Map<string, number>, item: Json) => ranks.get(JSON.stringify(keyOf(item)));
  const named = merged.filter((item) => rank(wanted, item) !== undefined);
  named.sort((a, b) => rank(wanted, a)! - rank(wanted, b)!);
  const others = merged.filter((item) => rank(wanted, item) === undefined);
  const result: Json[] = [];
  for (const item of named) {
    const at = rank(before, item) ?? -1;
    while (others.length > 0 && (rank(before, others[0]!) ?? Infinity) < at) result.push(others.shift()!);
    result.push(item);
  }
  return [...result, ...others];
}

function positions(items: Json[], keyOf: (item: Json) => Json): Map<string, number> {
  return new Map(items.map((item, i) => [JSON.stringify(keyOf(item)), i]));
}
