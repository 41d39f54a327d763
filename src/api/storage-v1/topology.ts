import type { V1TopologySelectorTerm } from '@kubernetes/client-node';
import { duplicate, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { labelWarning } from '../core-v1/node-label-warnings.ts';
import { checked, noDuplicates, repeats } from '../meta-v1/checks.ts';

type Term = Plain<V1TopologySelectorTerm>;

/** The rules of `allowedTopologies`: each term once, each key once in a term, each value once at a key. */
export function validateTopologies(terms: readonly Term[] | undefined): FieldError[] {
  const list = terms ?? [];
  return [
    ...list.flatMap((term, i) => validateTerm(term, path('allowedTopologies', i, 'matchLabelExpressions'))),
    ...noDuplicates(
      list.map((term, i) => [path('allowedTopologies', i, 'matchLabelExpressions'), keyOf(term)] as const),
    ).map(({ field }) => duplicate(field, '')),
  ];
}

function validateTerm(term: Term, at: string): FieldError[] {
  const expressions = term.matchLabelExpressions ?? [];
  const again = repeats(expressions.map(({ key }) => key));
  return expressions.flatMap((expression, i) => {
    const field = path(at, i);
    const values = expression.values ?? [];
    return [
      ...(values.length === 0 ? [required(path(field, 'values'))] : []),
      ...noDuplicates(values.map((value, j) => [path(field, 'values') + path(j), value] as const)),
      ...checked(path(field, 'key'), expression.key ?? '', qualifiedName),
      ...(again(i) ? [duplicate(path(field, 'key'), expression.key)] : []),
    ];
  });
}

/** Two terms are the same when they allow the same, in whatever order. */
function keyOf(term: Term): string {
  const expressions = (term.matchLabelExpressions ?? []).map((e) => [e.key, [...(e.values ?? [])].sort()] as const);
  return JSON.stringify(expressions.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A sentence for each label of an older name. */
export function topologyWarnings(terms: readonly Term[] | undefined): string[] {
  return (terms ?? []).flatMap((term, i) =>
    (term.matchLabelExpressions ?? []).flatMap(({ key }, j) => {
      const text = labelWarning(key);
      return text ? [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${text}`] : [];
    }),
  );
}
