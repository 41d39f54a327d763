import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import type { LabelSelector } from './types.ts';

/** A `LabelSelector` object as columns and scale subresources write it: `a=b,c in (d,e)`; nothing for an absent one. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (!selector) return '';
  try {
    const requirements = [...selectorFromObject(selector).requirements];
    requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    return requirements.map((r) => requirementText(r.key, r.operator, r.values)).join(',');
  } catch {
    return '<error>';
  }
}

function requirementText(key: string, operator: string, values: readonly string[]): string {
  if (operator === 'exists') return key;
  if (operator === '!') return `!${key}`;
  if (operator === 'in' && values.length === 1) return `${key}=${values[0]}`;
  return `${key} ${operator} (${[...values].sort().join(',')})`;
}

/** Like `selectorText`, with `<none>` for what selects everything. */
export function selectorColumnText(selector: LabelSelector | undefined): string {
  if (!selector) return '<none>';
  return selectorText(selector) || '<none>';
}
