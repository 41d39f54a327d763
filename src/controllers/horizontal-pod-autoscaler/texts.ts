import type { LabelSelectorObject } from '../../apimachinery/label-selector.ts';
import { Quantity } from '../../apimachinery/quantity.ts';

/** Thousandths as a quantity: `1500m`, `2`. */
export function milliText(milli: bigint): string {
  return new Quantity(milli * 1_000_000n).toString();
}

/** A label selector as it stands in the messages about external metrics, in Go's notation. */
export function selectorText(selector: LabelSelectorObject | undefined): string {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const map = labels.map(([key, value]) => `${key}: ${value},`).join('');
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
